"""Say exactly which code lies in a folder.

src/seedbed/tracking/git.py - v0.1.0

Asks git itself, and never writes: new files enter the diff through a throw-away index and object folder.

```mermaid
flowchart LR
    read_code --> Code
    read_code --> git_diff
    read_code --> WorkingTree
```
"""

import functools
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seedbed.tracking.git_diff import git_diff
from seedbed.tracking.git_tree import GitFailedError, WorkingTree

MAX_NAMES = 200
"""How many names of untracked files are kept."""
REVISION_FILE = "REVISION"
"""Written beside the code by Dockerfile: an image has no repository."""


class Code(BaseModel):
    """The state of a working tree, and what it takes to restore it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: str = ""
    """Top folder of the working tree; "" when `problem` says why there is none."""
    problem: str = ""
    commit: str = ""
    """Full hash; "" in a repository without commits."""
    branch: str = ""
    """Empty when HEAD is detached."""
    remote: str = ""
    """Address of `origin`, without credentials."""
    shallow: bool = False
    dirty: bool = False
    """Something differs from the commit: changed, staged, deleted, or new and not ignored.

    What git calls changed without a line that differs (line ends, a new file that was staged and is gone) is not."""
    num_untracked: int = 0
    untracked: tuple[str, ...] = ()
    dirty_submodules: tuple[str, ...] = ()
    diff_digest: str = ""
    """Digest of the whole difference, whether or not its text is kept; "" for a clean tree."""
    diff_refused: str = ""
    """Why the text of the difference is not kept."""
    diff: bytes = Field(b"", exclude=True, repr=False)
    """What `git apply` needs to make this tree from the commit, new files included."""


def read_code(folder: Path, max_diff_bytes: int) -> Code:
    """Return what git knows about the folder; without git, repository or answer, `problem` says so.

    In an image, which has no repository either, the commit is the one that it was built from.
    """
    try:
        tree = WorkingTree.around(folder)
        status = tree.status()
        code = Code(
            root=str(tree.root),
            commit=status.commit,
            branch=status.branch,
            remote=_without_credentials(_remote(tree)),
            shallow=tree.shallow,
            dirty=status.dirty,
            num_untracked=len(status.untracked),
            untracked=status.untracked[:MAX_NAMES],
            dirty_submodules=status.dirty_submodules,
        )
    except GitFailedError as error:
        return Code(problem=str(error), commit=_built_from(folder))
    if not status.dirty:
        return code
    try:
        diff = git_diff(tree, status, max_diff_bytes)
    except (GitFailedError, OSError) as error:
        return code.model_copy(update={"diff_refused": str(error)})
    if not diff.text and not diff.refused:
        return code.model_copy(update={"dirty": False})
    return code.model_copy(update={"diff_digest": diff.digest, "diff_refused": diff.refused, "diff": diff.text})


def _built_from(folder: Path) -> str:
    """Return the commit that an image was built from; "" where nothing says so, or it was built from changed files."""
    try:
        said = (folder / REVISION_FILE).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return said if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", said) else ""


@functools.lru_cache(maxsize=16)
def _remote(tree: WorkingTree) -> str:
    try:
        return tree.ask("config", "--get", "remote.origin.url").decode("utf-8", "replace").strip()
    except GitFailedError:
        return ""


def _without_credentials(address: str) -> str:
    """Drop what stands before the host.

    >>> _without_credentials("https://me:secret@example.org/a.git")
    'https://example.org/a.git'
    """
    return re.sub(r"(?<=://)[^/@]*@", "", address)
