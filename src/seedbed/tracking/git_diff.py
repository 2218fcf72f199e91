"""Keep the difference between a working tree and its commit.

src/seedbed/tracking/git_diff.py - v0.1.0

```mermaid
flowchart LR
    git_diff --> Diff
    git_diff --> find_secret
    git_diff --> run_git
```
"""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from seedbed.digests import digest_file, digest_of, digest_stream
from seedbed.tracking.git_tree import Status, WorkingTree, run_git
from seedbed.tracking.secret_scan import find_secret

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""What a repository without commits differs from."""

NOTHING = digest_of(digest_stream(()))
"""Digest of an empty difference: earlier runs have it where git called a tree changed without one."""

_OUTLINE = re.compile(rb"^(?:diff --git|index|(?:old|new|new file|deleted file) mode|Submodule) .*$", re.MULTILINE)
_HASH = re.compile(rb"[0-9a-f]{4,64}(?=\.\.)|(?<=\.\.)[0-9a-f]{4,64}")

_OPTIONS = (
    "--binary",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


@dataclass(frozen=True, slots=True)
class Diff:
    """A difference, its text only when it may be kept."""

    digest: str
    refused: str
    text: bytes


def git_diff(tree: WorkingTree, status: Status, max_bytes: int) -> Diff:
    """Return everything that differs, new files included; too long or secret, only its digest and the reason.

    New files that are together larger than `max_bytes` count by name and size alone.
    """
    sizes = {name: _size(tree.root / name) for name in status.untracked}
    too_large = sum(sizes.values()) > max_bytes
    submodules = "--submodule=diff" if status.dirty_submodules else "--submodule=short"
    base = status.commit or _EMPTY_TREE
    with tempfile.TemporaryDirectory(prefix="seedbed-git-") as folder:
        environment = _with_new_files(tree, () if too_large else status.untracked, Path(folder))
        output = Path(folder) / "diff.patch"  # a changed file of gigabytes must not pass through memory
        run_git(tree.root, "diff", *_OPTIONS, submodules, f"--output={output}", base, environment=environment)
        digest = digest_of(digest_file(output), *(f"{name}\0{size}" for name, size in sizes.items() if too_large))
        num_bytes = output.stat().st_size + (sum(sizes.values()) if too_large else 0)
        if num_bytes > max_bytes:
            why = f"{num_bytes} bytes are more than SEEDBED_TRACKING__MAX_DIFF_BYTES={max_bytes}"
            return Diff(digest=digest, refused=why, text=b"")
        text = output.read_bytes()
    if not text and status.dirty_submodules:
        names = ", ".join(status.dirty_submodules)
        return Diff(digest=digest, refused=f"submodule {names} has new files, which are not read", text=b"")
    secret = find_secret(text.decode("utf-8", "replace"))
    if secret:
        return Diff(digest=digest, refused=f"it seems to hold {secret}", text=b"")
    return Diff(digest=digest, refused="", text=text)


def same_difference(one: bytes, other: bytes) -> bool:
    """Return whether two texts turn a commit into the same tree, with whatever context and length of hashes.

    >>> whole, short, other = b"index 012345..6789ab 100644", b"index 0123..6789 100644", b"index 0123..67aa 100644"
    >>> same_difference(whole, short), same_difference(whole, other)
    (True, False)
    """
    ours, theirs = _outline(one), _outline(other)
    return len(ours) == len(theirs) and all(map(_same_line, ours, theirs))


def _outline(text: bytes) -> list[bytes]:
    """Return which files a difference names, from which content to which, in an order of its own."""
    files = re.split(rb"^(?=diff --git |Submodule )", text, flags=re.MULTILINE)
    return [line for file in sorted(files) for line in _OUTLINE.findall(file)]


def _same_line(one: bytes, other: bytes) -> bool:
    if not one.startswith((b"index ", b"Submodule ")) or _HASH.sub(b"", one) != _HASH.sub(b"", other):
        return one == other
    pairs = zip(_HASH.findall(one), _HASH.findall(other), strict=True)
    return all(a.startswith(b) or b.startswith(a) for a, b in pairs)


def _with_new_files(tree: WorkingTree, names: tuple[str, ...], folder: Path) -> dict[str, str]:
    """Return the environment in which git counts these files as added, without touching the repository."""
    if not names:
        return {}
    index, objects = folder / "index", folder / "objects"
    objects.mkdir()
    if tree.index.exists():
        shutil.copy2(tree.index, index)  # with its time, by which git knows entries that may be older than their files
    environment = {
        "GIT_INDEX_FILE": str(index),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(tree.objects),
    }
    names_0 = b"\0".join(name.encode("utf-8", "surrogateescape") for name in names)
    command = ("--literal-pathspecs", "add", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul")
    run_git(tree.root, *command, environment=environment, stdin=names_0)
    return environment


def _quoted(path: Path) -> str:
    """Return the path as one entry of a list that colons separate."""
    return '"{}"'.format(str(path).replace("\\", "\\\\").replace('"', '\\"'))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
