"""Ask git about a working tree.

src/seedbed/tracking/git_tree.py - v0.1.0

```mermaid
classDiagram
    WorkingTree ..> Status : returns
    WorkingTree ..> GitFailedError : raises
```
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

TIMEOUT_S = 20.0

_INHERITED = frozenset(
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_OBJECT_DIRECTORY",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_DIFF_OPTS",
    ]
)
"""Set inside a git hook, they would point every question at another repository; the last changes every difference."""

_SETTINGS = (
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.abbrev=40",
    "core.looseCompression=1",
    "diff.algorithm=myers",
    "diff.context=3",
    "diff.indentHeuristic=true",
    "diff.interHunkContext=0",
    "diff.mnemonicPrefix=false",
    "diff.noprefix=false",
    "diff.orderFile=/dev/null",
    "diff.relative=false",
    "diff.suppressBlankEmpty=false",
)
"""Git's own choices, but for names and hashes that are whole; git passes them on to submodules."""


class GitFailedError(Exception):
    """Git is not there, does not answer in time or refuses; the text says which."""


@dataclass(frozen=True, slots=True)
class Status:
    """What differs from the commit."""

    commit: str
    branch: str
    untracked: tuple[str, ...]
    dirty_submodules: tuple[str, ...]
    dirty: bool


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """A checked-out repository."""

    root: Path
    index: Path
    objects: Path
    shallow: bool

    @classmethod
    def around(cls, folder: Path) -> "WorkingTree":
        """Find the working tree that the folder lies in."""
        questions = ("--show-toplevel", "--git-path", "index", "--git-path", "objects", "--is-shallow-repository")
        answer = run_git(folder, "rev-parse", *questions).decode("utf-8", "surrogateescape")
        root, index, objects, shallow = answer.splitlines()
        return cls(Path(root), (folder / index).absolute(), (folder / objects).absolute(), shallow == "true")

    def ask(self, *arguments: str) -> bytes:
        """Return what git prints, run at the root of the tree."""
        return run_git(self.root, *arguments)

    def status(self) -> Status:
        """Return what differs from the commit, new files one by one.

        Byte code of Python counts as nothing, and so does a repository inside that is no submodule.
        """
        command = ("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames")
        entries = self.ask(*command).decode("utf-8", "surrogateescape").split("\0")
        heads = dict(entry[2:].split(" ", 1) for entry in entries if entry.startswith("# branch."))
        changed = (entry.split(" ", 8) for entry in entries if entry[:2] in ("1 ", "u "))
        changes = [change for change in changed if not self._is_clean_submodule(change)]
        commit, branch = heads.get("branch.oid", ""), heads.get("branch.head", "")
        new = (entry[2:] for entry in entries if entry.startswith("? "))
        files = (name for name in new if not name.endswith("/"))
        untracked = tuple(sorted(name for name in files if PurePosixPath(name).parent.name != "__pycache__"))
        return Status(
            commit="" if commit == "(initial)" else commit,
            branch="" if branch == "(detached)" else branch,
            untracked=untracked,
            dirty_submodules=tuple(sorted(change[-1] for change in changes if change[2].startswith("S"))),
            dirty=bool(changes or untracked),
        )

    def _is_clean_submodule(self, change: list[str]) -> bool:
        """Tell whether git counts a submodule as changed for nothing but new files, none of which count here."""
        only_new_files = change[1:3] == [".M", "S..U"]
        return only_new_files and not WorkingTree.around(self.root / change[-1]).status().dirty


def git_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a git that acts on the folder it is told, asks nothing and takes no locks."""
    inherited = {name: value for name, value in os.environ.items() if name not in _INHERITED}
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return inherited | quiet | dict(extra or {})


def git_command(folder: Path, *arguments: str) -> list[str]:
    """Return the command line; settings of people that run programs or change what is printed are off."""
    git = shutil.which("git")
    if git is None:
        raise GitFailedError("git is not installed")
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    return [git, *settings, "-C", str(folder), *arguments]


def run_git(
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout_s: float = TIMEOUT_S,
) -> bytes:
    """Return what git prints."""
    command = git_command(folder, *arguments)
    try:
        done = subprocess.run(
            command, capture_output=True, check=True, timeout=timeout_s, env=git_environment(environment), input=stdin
        )
    except subprocess.TimeoutExpired:
        raise GitFailedError(f"git {arguments[0]} took longer than {timeout_s:.0f} s") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {error.returncode}"]
        raise GitFailedError(f"git {arguments[0]}: {lines[0]}") from None
    except OSError as error:
        raise GitFailedError(f"git does not start: {error}") from None
    return done.stdout
