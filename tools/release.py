"""Release a version: stamp, build, commit, tag; pushing is yours.

tools/release.py - v0.1.0

Everything happens in a worktree of its own and reaches `main` at the end: what fails leaves nothing behind.

```mermaid
flowchart LR
    main --> faults_before & worktree & stamp
    main --> build --> BuildError
    stamp --> stamped & released & with_version
```
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from tools.built import BuildError, build, run
from tools.project_files import ROOT, project_files
from tools.stamps import notes_of, released, stamped, version_of, with_version

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_CHECKED_AGAIN = ("headers", "index-hosts")
"""What stamping could break."""


def faults_before(root: Path, version: str) -> Iterator[str]:
    """Yield what keeps this checkout from being released as that version."""
    now = version_of((root / "pyproject.toml").read_text("utf-8"))
    if not _VERSION.fullmatch(version):
        yield f"VERSION={version!r} is no version; write three numbers. Example: make release VERSION=0.2.0"
    elif _numbers(version) < _numbers(now):
        yield f"VERSION={version} is older than {now}, which pyproject.toml has"
    elif run(root, "git", "tag", "--list", f"v{version}").strip():
        yield f"the tag v{version} is there already; take the next number"
    if (branch := run(root, "git", "rev-parse", "--abbrev-ref", "HEAD").strip()) != "main":
        yield f"the branch is {branch!r}; a release is made of main. Next: git switch main"
    if dirty := run(root, "git", "status", "--porcelain").splitlines():
        yield f"{len(dirty)} files are not committed, the first: {dirty[0][3:]}. Next: git status"
    if not notes_of((root / "CHANGELOG.md").read_text("utf-8")):
        yield "CHANGELOG.md says nothing under [Unreleased]; write what users notice"


def stamp(root: Path, version: str) -> list[Path]:
    """Write the version into everything that carries it; return the files whose header was stamped."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    changed = changed_since_last_tag(root)
    pyproject, changelog = root / "pyproject.toml", root / "CHANGELOG.md"
    pyproject.write_text(with_version(pyproject.read_text("utf-8"), version), "utf-8")
    changelog.write_text(released(changelog.read_text("utf-8"), version, day), "utf-8")
    found = []
    for path in {*changed, Path("pyproject.toml")}:
        with suppress(UnicodeDecodeError):
            before = (root / path).read_text("utf-8")
            if (after := stamped(path, before, version)) != before:
                (root / path).write_text(after, "utf-8")
                found.append(path)
    return sorted(found)


def changed_since_last_tag(root: Path) -> list[Path]:
    """Return the files that differ from the last release; all of them when there was none."""
    try:
        tag = run(root, "git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*").strip()
    except BuildError:
        return project_files(root)
    changed = set(run(root, "git", "diff", "--name-only", "-z", tag, "HEAD").split("\0"))
    return [path for path in project_files(root) if path.as_posix() in changed]


@contextmanager
def worktree(root: Path) -> Iterator[Path]:
    """Yield a checkout of HEAD beside this one; it goes when the block ends."""
    with tempfile.TemporaryDirectory(prefix="seedbed-release-") as parent:
        folder = Path(parent, "tree")
        run(root, "git", "worktree", "add", "--quiet", "--detach", str(folder), "HEAD")
        try:
            yield folder
        finally:
            run(root, "git", "worktree", "remove", "--force", str(folder))


def release(root: Path, version: str, *, is_dry: bool) -> list[Path]:
    """Make the release and return the built files, in dist/.

    Raises:
        BuildError: a step failed; nothing has changed.
    """
    dist = root / "dist"
    with worktree(root) as tree:
        found = stamp(tree, version)
        print(f"release: stamped {len(found)} headers, pyproject.toml and CHANGELOG.md with {version}")
        run(tree, sys.executable, "-m", "tools.schemas", "--write")
        run(tree, sys.executable, "-m", "tools.check_api_breaks", "--accept")
        run(tree, sys.executable, "-m", "tools.check", *_CHECKED_AGAIN)
        run(tree, "git", "add", "--all")
        run(tree, "git", "commit", "--quiet", "--no-verify", "-m", f"Release {version}")
        built = build(tree, Path(tree.parent, "dist"), version)
        dist.mkdir(exist_ok=True)
        files = [Path(shutil.copy(file, dist / file.name)) for file in built]
        if not is_dry:
            notes = f"Seedbed {version}\n\n{_section(tree, version)}\n"
            commit = run(tree, "git", "rev-parse", "HEAD").strip()
            run(root, "git", "merge", "--quiet", "--ff-only", commit)
            run(root, "git", "tag", "--annotate", "--cleanup=verbatim", "-m", notes, f"v{version}", commit)
    return files


def main(arguments: Sequence[str], root: Path = ROOT, *, checks: Sequence[str] = ("-m", "tools.check")) -> int:
    """Release, or say why not; `checks` is what Python runs first."""
    parser = argparse.ArgumentParser(prog="release", description="Example: make release VERSION=0.2.0")
    parser.add_argument("version", help="three numbers: 0.2.0")
    parser.add_argument("--dry-run", action="store_true", help="build into dist/, commit and tag nothing")
    asked = parser.parse_args(arguments)
    try:
        if faults := list(faults_before(root, asked.version)):
            print("\n".join(f"release: {fault}" for fault in faults), file=sys.stderr)
            return 2
        run(root, sys.executable, *checks)
        files = release(root, asked.version, is_dry=asked.dry_run)
    except BuildError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    for file in files:
        print(f"release: dist/{file.name} ({file.stat().st_size:,} bytes)")
    if asked.dry_run:
        print(f"release: nothing was committed. Next: make release VERSION={asked.version}")
    else:
        print(f"release: committed and tagged v{asked.version}. Next: git push --follow-tags")
    return 0


def _section(root: Path, version: str) -> str:
    _, _, rest = (root / "CHANGELOG.md").read_text("utf-8").partition(f"## [{version}]")
    return rest.partition("\n")[2].partition("\n## [")[0].strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
