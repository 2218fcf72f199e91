"""Bring a project up to date with the skeleton of the seedbed that is installed.

src/seedbed/template/update.py - v0.1.0

The working tree, the index and the current branch stay as they are: the outcome is a commit on a branch of its own.

```mermaid
flowchart LR
    differences --> Manifest & whole_project
    update --> Plumbing --> Updated
    update --> with_library
```
"""

from dataclasses import dataclass
from pathlib import Path

from seedbed.digests import digest_of
from seedbed.errors import UserError, WorldError
from seedbed.template.library import FOLDER, Library
from seedbed.template.lock import with_library
from seedbed.template.manifest import COPY, FILE, Manifest
from seedbed.template.merge import Merged, Plumbing, scratch_folder
from seedbed.template.project import LOCK, Project, whole_project
from seedbed.template.repository import identity
from seedbed.tracking.git_tree import GitFailedError, run_git


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update came to; no branch: there was nothing to do."""

    seedbed: str
    changed: tuple[str, ...]
    """Files that the skeleton changed, added or dropped."""
    branch: str = ""
    commit: str = ""
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def differences(project: Path, library: Library) -> Updated:
    """Say what an update would bring; nothing is written.

    Raises:
        UserError: this is no project that seedbed made.
    """
    manifest = Manifest.read(project)
    return Updated(library.version, _changed(manifest, _rendered_now(manifest, library)))


def update(project: Path, library: Library) -> Updated:
    """Merge the skeleton of today into the project, on a branch.

    Raises:
        UserError: this is no project that seedbed made, it is in no repository, or the branch is there already.
        WorldError: git fails.
    """
    manifest = Manifest.read(project)
    now = _rendered_now(manifest, library)
    changed = _changed(manifest, now)
    if not changed:
        return Updated(library.version, ())
    try:
        with scratch_folder() as scratch:
            return _merged(Plumbing(project, Path(scratch)), project, manifest, now, changed)
    except GitFailedError as error:
        raise WorldError(f"git failed in {project}: {error}") from error


def _merged(git: Plumbing, project: Path, then: Manifest, now: Project, changed: tuple[str, ...]) -> Updated:
    version, branch = now.manifest.seedbed, f"seedbed-update-{now.manifest.seedbed}"
    head = _head(project)
    prefix = git.ask("rev-parse", "--show-prefix")
    _refuse_open(git, branch, head)
    root = f"{head}:{prefix.rstrip('/')}"
    tracked = git.ask("ls-tree", "-r", "--name-only", "--full-tree", "-z", root)
    machines = {path for path in tracked.split("\0") if path in (LOCK, FILE, COPY) or _is_wheel(path, then)}
    yours = git.tree(of=root, without=machines)
    merged = git.merge(git.tree(files=then.original(project)), yours, git.tree(files=now.edited), version)
    made, notes = _machine_made(project, then, now, machines, f"{head}:{prefix}")
    notes += _dirty(project)
    tree = git.grafted(head, prefix, git.tree(of=merged.tree, files=made))
    who, said = identity(project, then.answers.author)
    message = _message(then, now, merged)
    commit = git.commit(tree, message, [head], who)
    git.ask("update-ref", f"refs/heads/{branch}", commit)
    notes += [f"{path}: you deleted it, so it stays away" for path in merged.stayed_away]
    notes += [f"{path}: the skeleton no longer has it; yours stays" for path in merged.stayed]
    return Updated(version, changed, branch, commit, merged.conflicts, (*notes, *([said] if said else ())))


def _rendered_now(then: Manifest, library: Library) -> Project:
    return whole_project(then.answers, library, then.kept)


def _changed(then: Manifest, now: Project) -> tuple[str, ...]:
    before, after = then.files, now.manifest.files
    return tuple(sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))


def _head(project: Path) -> str:
    try:
        return run_git(project, "rev-parse", "--verify", "--quiet", "HEAD").decode().strip()
    except GitFailedError:
        raise UserError(
            f"{str(project)!r} has no commit to merge with. Next: git init && git add . && git commit"
        ) from None


def _refuse_open(git: Plumbing, branch: str, head: str) -> None:
    """Raise UserError when an earlier update waits on its branch; one that is part of HEAD is done with."""
    try:
        found = git.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
    except GitFailedError:
        return
    try:
        git.ask("merge-base", "--is-ancestor", found, head)
    except GitFailedError:
        raise UserError(
            f"branch {branch} holds an update that is not merged. Next: git merge {branch}, or git branch -D {branch}"
        ) from None
    if git.ask("rev-parse", "--abbrev-ref", "HEAD") == branch:
        raise UserError(f"the branch {branch} is checked out, and it is where updates go. Next: git switch main")


def _machine_made(
    project: Path, then: Manifest, now: Project, tracked: set[str], root: str
) -> tuple[dict[str, bytes], list[str]]:
    """Return lock, wheel and manifest for the new commit, and what to say about the lock."""
    files = dict(now.files)
    made = {path: files[path] for path in (*now.made, FILE, COPY)}
    if LOCK not in made:
        return made, []
    if LOCK not in tracked:
        del made[LOCK]
        return made, [f"{LOCK}: you deleted it, so it stays away"]
    lock = run_git(project, "cat-file", "blob", f"{root}{LOCK}")
    if digest_of(lock) == then.files.get(LOCK):
        return made, []
    made[LOCK] = with_library(lock.decode("utf-8"), now.library).encode("utf-8")
    return made, [
        f"{LOCK}: you changed it, so of the new pins only seedbed's is in it. Next, after the merge: make lock"
    ]


def _is_wheel(path: str, then: Manifest) -> bool:
    return path.startswith(f"{FOLDER}/") and path in then.files


def _dirty(project: Path) -> list[str]:
    status = run_git(project, "status", "--porcelain", "--untracked-files=no", ".")
    return ["what is not committed is no part of the update"] if status.strip() else []


def _message(then: Manifest, now: Project, merged: Merged) -> str:
    text = f"Bring the skeleton up to date with seedbed {now.manifest.seedbed}\n\nIt was that of {then.seedbed}."
    conflicts = "".join(f"\n- {path}" for path in merged.conflicts)
    return f"{text}\n\nTo be resolved:\n{conflicts}\n" if conflicts else f"{text}\n"
