"""Merge another skeleton into a project, with git's own three-way merge and without touching its working tree.

src/seedbed/template/merge.py - v0.1.0

Three trees are made: what was rendered then, what is there now, what is rendered now. They hang together as commits
of no branch, because git takes a bare merge base only from 2.40 on (`git merge-tree --merge-base`).

```mermaid
classDiagram
    Plumbing ..> Merged : returns
    Plumbing ..> WorldError : raises
```
"""

import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, run

from seedbed.errors import WorldError
from seedbed.template.render import EXECUTABLE
from seedbed.tracking.git_tree import git_command, git_environment, run_git

_WHO = ("-c", "user.name=seedbed", "-c", "user.email=seedbed@localhost")
_HOW = ("-c", "merge.conflictStyle=merge", "-c", "merge.renames=true", "-c", "merge.directoryRenames=true")
_YOURS, _NEW = "2", "3"
"""Numbers that git gives the sides of a conflict."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The tree of a merge."""

    tree: str
    conflicts: tuple[str, ...]
    """Files in which both changed the same lines, marked the git way."""
    stayed_away: tuple[str, ...]
    """Files that the user had deleted."""
    stayed: tuple[str, ...]
    """Files that the skeleton no longer has, and the user has changed."""


class Plumbing:
    """Git in a project's folder, and an index that nobody else sees."""

    def __init__(self, project: Path, scratch: Path) -> None:
        """Take the folder of the project, and one for the index."""
        self._project, self._index = project, scratch / "index"
        self._nothing = "0" * len(self.ask("hash-object", "--stdin", stdin=b""))

    def ask(self, *words: str, stdin: bytes | None = None) -> str:
        """Return what git prints."""
        environment = {"GIT_INDEX_FILE": str(self._index)}
        said = run_git(self._project, *words, environment=environment, stdin=stdin)
        return said.decode("utf-8", "surrogateescape").strip()  # a file's name may be of other bytes

    def tree(self, *, of: str = "", without: Iterable[str] = (), files: Mapping[str, bytes] | None = None) -> str:
        """Return a tree: another one, without some of its files, and with others."""
        self._index.unlink(missing_ok=True)
        self.ask("read-tree", *([of] if of else ["--empty"]))
        entries = [f"0 {self._nothing}\t{path}" for path in without]
        for path, content in (files or {}).items():
            blob = self.ask("hash-object", "-w", "--stdin", stdin=content)
            entries.append(f"{'100755' if path in EXECUTABLE else '100644'} {blob}\t{path}")
        listed = "".join(f"{each}\0" for each in entries)
        self.ask("update-index", "-z", "--index-info", stdin=listed.encode("utf-8", "surrogateescape"))
        return self.ask("write-tree")

    def grafted(self, commit: str, prefix: str, tree: str) -> str:
        """Return the whole tree of a commit, with `tree` in the place of the project's folder."""
        if not prefix:
            return tree
        self._index.unlink(missing_ok=True)
        self.ask("read-tree", commit)
        top = Path(self.ask("rev-parse", "--show-toplevel"))
        run_git(top, "rm", "-r", "--cached", "--quiet", prefix, environment={"GIT_INDEX_FILE": str(self._index)})
        self.ask("read-tree", f"--prefix={prefix}", tree)
        return self.ask("write-tree")

    def commit(self, tree: str, message: str, parents: Iterable[str] = (), who: Collection[str] = _WHO) -> str:
        """Return a commit that no branch knows."""
        named = [word for parent in parents for word in ("-p", parent)]
        return self.ask(*who, "commit-tree", tree, *named, "-m", message)

    def merge(self, base: str, yours: str, new: str, label: str) -> Merged:
        """Merge two trees that come from one; `label` names the new one in conflict markers."""
        start = self.commit(base, "what was rendered")
        sides = {"seedbed/yours": yours, f"seedbed/{label}": new}
        try:
            for name, tree in sides.items():
                self.ask("update-ref", f"refs/{name}", self.commit(tree, name, [start]))
            return self._merge(*sides)
        finally:
            for name in sides:
                self.ask("update-ref", "-d", f"refs/{name}")

    def _merge(self, yours: str, new: str) -> Merged:
        words = ["merge-tree", "--write-tree", "-z", "--no-messages", yours, new]
        command = [*git_command(self._project, *_HOW), *words]
        done = run(command, stdin=DEVNULL, capture_output=True, env=git_environment(), timeout=120, check=False)
        if done.returncode not in (0, 1):
            said = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
            raise WorldError(f"git cannot merge: {said}; git 2.38 or newer is needed. Next: git --version")
        tree, *entries = done.stdout.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
        stages: dict[str, set[str]] = {}
        for entry in filter(None, entries):
            facts, _, path = entry.partition("\t")
            stages.setdefault(path, set()).add(facts.rpartition(" ")[2])
        gone = {path for path, found in stages.items() if _YOURS not in found}
        stayed = {path for path, found in stages.items() if _YOURS in found and _NEW not in found}
        conflicts = stages.keys() - gone - stayed
        whole = self.tree(of=tree, without=gone)
        return Merged(whole, *(tuple(sorted(map(printable, paths))) for paths in (conflicts, gone, stayed)))


def printable(path: str) -> str:
    r"""Return a path with what is not UTF-8 in it escaped.

    >>> print(printable("caf" + chr(0xDCE9)))
    caf\xe9
    """
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for an index, removed when the block is left."""
    return tempfile.TemporaryDirectory(prefix="seedbed-update-", ignore_cleanup_errors=os.name == "nt")
