"""Say how this process was started, and where its code lies.

src/seedbed/tracking/entry.py - v0.1.0

`sys.argv[0]` alone misleads: a console script lies in the environment, a notebook's is the kernel launcher's.

```mermaid
flowchart LR
    entry_kind --> code_folder
    command_line --> find_secret & redact_text
```
"""

import re
import shlex
import sys
from pathlib import Path
from typing import Literal

from seedbed.logging_redaction import redact_text
from seedbed.tracking.secret_scan import CONFIDENTIAL, find_secret

type EntryKind = Literal[
    "console script", "module", "script", "command", "stdin", "interactive", "notebook", "pytest", "prefect worker"
]

_SECRET_NAME = re.compile(rf"(?:{CONFIDENTIAL})$", re.IGNORECASE | re.VERBOSE)


def entry_kind() -> EntryKind:
    """Return how the program was entered."""
    main = sys.modules.get("__main__")
    shell = type(_ipython_shell()).__name__
    if shell == "ZMQInteractiveShell":
        return "notebook"
    if "_pytest.config" in sys.modules:
        return "pytest"
    if shell == "TerminalInteractiveShell" or hasattr(sys, "ps1"):
        return "interactive"
    if (spec := getattr(main, "__spec__", None)) is not None:
        if spec.name == "seedbed.__main__":  # the same program by another door: it brings no code of its own
            return "console script"
        return "prefect worker" if str(spec.name).startswith("prefect.") else "module"
    if "-c" in sys.argv[:1]:
        return "command"
    path = _main_file()
    if path is None:
        return "stdin"
    return "console script" if is_installed(path) else "script"


def code_folder() -> Path:
    """Return where to look for the code that runs: the script's own folder, otherwise the current one."""
    path = _main_file()
    if entry_kind() in ("script", "module") and path is not None and not is_installed(path):
        return path.parent
    return Path.cwd()


def command_line() -> str:
    """Return the command as a shell would take it, an argument that looks like a secret masked."""
    words = sys.orig_argv
    return shlex.join(_masked(before, word) for before, word in zip(["", *words], words, strict=False))


def _masked(before: str, word: str) -> str:
    name, equals, _ = word.partition("=")
    if find_secret(word) or (equals and _names_secret(name)):
        return f"{name}=***" if equals else "***"
    return "***" if before.startswith("-") and "=" not in before and _names_secret(before) else redact_text(word)


def _names_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _main_file() -> Path | None:
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(name).resolve() if name and not name.startswith("<") else None


def is_installed(path: Path) -> bool:
    """Return whether a file belongs to the environment, which is named by versions."""
    return path.is_relative_to(Path(sys.prefix).resolve()) or path.is_relative_to(Path(sys.base_prefix).resolve())


def _ipython_shell() -> object:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
