"""Refuse names of projects that would break imports or installs.

src/seedbed/template/names.py - v0.1.0

```mermaid
flowchart LR
    project_name & package_name --> UserError
    package_name --> taken
```
"""

import keyword
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions

from seedbed.errors import UserError
from seedbed.template.lock import locked_names

_FOLDERS = frozenset({"data", "docs", "m2m", "notebooks", "pipelines", "seedbed", "src", "tests", "tools", "vendor"})
_EXAMPLE = "Example: seedbed new ../bird-songs --name bird-songs"


def project_name(text: str) -> str:
    """Return a name as package indexes write it.

    >>> project_name("Bird_Songs")
    'bird-songs'

    Raises:
        UserError: it has other characters than names have, or is the name of a dependency.
    """
    name = re.sub(r"[-_. ]+", "-", text.strip()).lower()
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UserError(f"project name {text!r} is refused: letters, digits, '-', '_' and '.' make a name. {_EXAMPLE}")
    if name in locked_names() | {"seedbed"}:
        raise UserError(f"project name {text!r} is refused: a package that the project installs has it. {_EXAMPLE}")
    return name


def package_name(text: str) -> str:
    """Return the name of the package to import, made from a project's name.

    >>> package_name("bird-songs")
    'bird_songs'

    Raises:
        UserError: Python or something that the project installs would stumble over it.
    """
    name = re.sub(r"[-. ]+", "_", text.strip()).lower()
    reason = ""
    if not name.isidentifier() or not name.isascii():
        reason = "a package is named with ASCII letters, digits and _, a letter first"
    elif keyword.iskeyword(name) or keyword.issoftkeyword(name):
        reason = "it is a word of the language"
    elif name in sys.stdlib_module_names:
        reason = "it would hide a module of the standard library"
    elif name in _FOLDERS:
        reason = "a folder of the project has it"
    elif owner := taken(name):
        reason = f"it would hide what {owner} installs"
    if reason:
        raise UserError(
            f"package name {name!r} is refused: {reason}. Example: --package my_{name.strip('_0123456789')}"
        )
    return name


@cache
def _installed() -> Mapping[str, Sequence[str]]:
    return packages_distributions()  # reads the file lists of hundreds of packages


def taken(name: str) -> str:
    """Return the dependency that installs a module of this name, "" when none does."""
    installed = _installed().get(name, ())
    distributions = [*(each.lower() for each in installed), name.replace("_", "-")]
    return next((each for each in distributions if each in locked_names()), "")
