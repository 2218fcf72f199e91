"""Make a project in a folder of its own, wholly or not at all.

src/seedbed/template/create.py - v0.1.0

```mermaid
flowchart LR
    create --> refuse_taken & write_files & begin_history
    create --> Created
```
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from seedbed.errors import UserError, WorldError
from seedbed.template.answers import Answers
from seedbed.template.library import Library
from seedbed.template.project import whole_project, write_files
from seedbed.template.repository import begin_history


@dataclass(frozen=True, slots=True)
class Created:
    """A new project."""

    path: Path
    files: tuple[str, ...]
    seedbed: str
    commit: str
    notes: tuple[str, ...]


def create(target: Path, answers: Answers, library: Library, *, git: bool = True) -> Created:
    """Write a project; a fault leaves nothing behind.

    Raises:
        UserError: the folder holds something, or the one that it would be in does not exist.
        WorldError: it cannot be written.
    """
    target = target.resolve()
    refuse_taken(target)
    files = whole_project(answers, library).files
    commit, notes = "", list[str]()
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            beside.chmod(0o755)  # mkdtemp makes it for its owner alone
            write_files(beside, files)
            if git:
                message = f"Start from seedbed {library.version}"
                commit, notes = begin_history(beside, target, answers.author, message)
            if target.exists():  # empty, and perhaps the folder that somebody's shell is in
                for path in sorted(beside.iterdir()):
                    path.rename(target / path.name)
            else:
                beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise WorldError(f"{target} cannot be written: {error.strerror or error}; choose another folder") from error
    return Created(target, tuple(sorted(files)), library.version, commit, tuple(notes))


def refuse_taken(target: Path) -> None:
    """Raise UserError unless a project can be put there."""
    if not target.parent.is_dir():
        raise UserError(f"the folder {str(target.parent)!r} does not exist. Next: mkdir -p {target.parent}")
    if target.exists() and not target.is_dir():
        raise UserError(f"{str(target)!r} is a file; name a folder. Example: seedbed new ../bird-songs")
    if target.exists() and any(target.iterdir()):
        raise UserError(
            f"{str(target)!r} is not empty, and nothing in it is overwritten; name another folder, or add the harness "
            f"to what is there. Next: seedbed adopt {target}"
        )
