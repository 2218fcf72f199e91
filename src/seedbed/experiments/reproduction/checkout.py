"""Bring back the code of a run, in a working tree of its own.

src/seedbed/experiments/reproduction/checkout.py - v0.1.0

```mermaid
flowchart LR
    check_out --> run_git
    check_out --> read_code
    check_out --> NotReproducedError
```
"""

import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from seedbed.experiments.reproduction.difference import Difference, NotReproducedError
from seedbed.experiments.reproduction.evidence import Evidence
from seedbed.tracking.git import read_code
from seedbed.tracking.git_tree import GitFailedError, run_git

_LONG_S = 600.0
_MAX_FILES = 8


def check_out(evidence: Evidence, repository: Path | None, tree: Path) -> Path:
    """Make `tree` the working tree that the run's code lay in: its commit and what was not committed.

    Raises:
        NotReproducedError: the commit is nowhere, or what comes out is not what was recorded.
    """
    commit = evidence.fact("git.commit")
    home = _holder(evidence, commit, repository)
    tree.parent.mkdir(parents=True, exist_ok=True)
    try:
        run_git(home, "worktree", "add", "--quiet", "--detach", "--force", str(tree), commit, timeout_s=_LONG_S)
        if (tree / ".gitmodules").is_file():
            run_git(tree, "submodule", "update", "--quiet", "--init", "--recursive", timeout_s=_LONG_S)
        if evidence.patch:
            # without context is how somebody's settings had git write it, before those were overruled
            run_git(tree, "apply", "--whitespace=nowarn", "--unidiff-zero", str(evidence.patch.absolute()))
    except GitFailedError as error:
        raise NotReproducedError([Difference(kind="code", what="tree cannot be restored", hint=str(error))]) from None
    _check(evidence, tree)
    return tree


def remove(tree: Path) -> None:
    """Take the working tree away, and what the repository that it was made from remembers of it."""
    with suppress(GitFailedError):
        run_git(tree, "worktree", "remove", "--force", str(tree), timeout_s=_LONG_S)


def with_files(found: Iterable[Difference], then: Evidence, now: Evidence, tree: Path) -> tuple[Difference, ...]:
    """Return the differences, those in code with the names of the files."""
    names = {
        "commit": lambda: _changed_between(tree, then.fact("git.commit"), now.fact("git.commit")),
        "what is not committed": lambda: sorted({*_files_in(then.patch), *_files_in(now.patch)}),
    }
    return tuple(
        each.model_copy(update={"hint": _listed(names[each.what]())})
        if each.kind == "code" and each.what in names
        else each
        for each in found
    )


def _changed_between(repository: Path, then: str, now: str) -> list[str]:
    try:
        return run_git(repository, "diff", "--name-only", "--no-renames", then, now).decode().splitlines()
    except GitFailedError:
        return []


def _files_in(patch: Path | None) -> list[str]:
    text = patch.read_text("utf-8", "replace") if patch else ""
    return re.findall(r"^diff --git a/.* b/(.*)$", text, re.MULTILINE)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_FILES} more" if len(names) > _MAX_FILES else ""
    return f"files: {', '.join(names[:_MAX_FILES])}{more}" if names else ""


def _holder(evidence: Evidence, commit: str, repository: Path | None) -> Path:
    """Return a repository that has the commit, fetching it where one can be asked for it."""
    places = [place for place in (repository, evidence.root) if place is not None and place.is_dir()]
    for place in places:
        if _has(place, commit):
            return place
    for place in places[:1]:
        for remote in ("origin", evidence.fact("git.remote")):
            with suppress(GitFailedError):
                run_git(place, "fetch", "--quiet", "--no-tags", remote, commit, timeout_s=_LONG_S)
            if _has(place, commit):
                return place
    hint = f"neither here nor in its remote {evidence.fact('git.remote') or '(none recorded)'}; git fetch what has it"
    raise NotReproducedError([Difference(kind="code", what="commit", then=commit, hint=hint)])


def _has(repository: Path, commit: str) -> bool:
    try:
        run_git(repository, "cat-file", "-e", f"{commit}^{{commit}}")
    except GitFailedError:
        return False
    return True


def _check(evidence: Evidence, tree: Path) -> None:
    found = read_code(tree, sys.maxsize)  # the tree has nothing but what was kept then, whatever the limit was
    pairs = {"commit": (evidence.fact("git.commit"), found.commit)}
    if not evidence.had_difference(found.diff_digest, found.diff):
        pairs["what is not committed"] = (evidence.fact("git.diff_digest"), found.diff_digest)
    faults = [Difference(kind="code", what=what, then=a, now=b) for what, (a, b) in pairs.items() if a != b]
    if faults:
        raise NotReproducedError(faults)
