"""Begin the history of a project.

src/seedbed/template/repository.py - v0.1.0

```mermaid
flowchart LR
    begin_history --> surrounding & identity
    identity --> run_git
```
"""

from collections.abc import Sequence
from pathlib import Path

from seedbed.tracking.git_tree import GitFailedError, run_git


def surrounding(folder: Path) -> str:
    """Return the root of the repository that a folder lies in and is not ignored by, "" when there is none."""
    try:
        root = run_git(folder.parent, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").strip()
    except GitFailedError:
        return ""
    try:
        run_git(folder.parent, "check-ignore", "--quiet", str(folder))
    except GitFailedError:
        return root
    return ""


def identity(folder: Path, author: str) -> tuple[Sequence[str], str]:
    """Return the options of git that name who commits, and what to say about it: both empty where git knows."""
    try:
        run_git(folder, "var", "GIT_COMMITTER_IDENT")
        run_git(folder, "var", "GIT_AUTHOR_IDENT")
    except GitFailedError:
        name = author or "seedbed"
        said = f"git knows no user.name and user.email here, so the commit is by {name} <seedbed@localhost>"
        return ("-c", f"user.name={name}", "-c", "user.email=seedbed@localhost"), said
    return (), ""


def begin_history(folder: Path, target: Path, author: str, message: str) -> tuple[str, list[str]]:
    """Make a repository with one commit; return the commit, "" for none, and what people should know.

    Args:
        folder: where the files are.
        target: where they will be.
        author: of the project, for a git that knows nobody.
        message: of the commit.
    """
    if root := surrounding(target):
        return "", [f"{target} lies in the repository {root}: nothing was committed. Next: git add {target}"]
    try:
        run_git(folder, "init", "--quiet", "--initial-branch=main")
        who, said = identity(folder, author)
        run_git(folder, "add", "--all")
        run_git(folder, *who, "-c", "commit.gpgSign=false", "commit", "--quiet", "--no-verify", f"--message={message}")
        return run_git(folder, "rev-parse", "HEAD").decode().strip(), [said] if said else []
    except GitFailedError as error:
        return "", [f"there is no first commit: {error}. Next: git init && git add . && git commit"]
