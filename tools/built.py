"""Build what a release consists of, and check it: wheel, source archive, bill of materials.

tools/built.py - v0.1.0

Everything comes from what is installed here: no index is asked.

```mermaid
flowchart LR
    build --> run & faults_in_wheel
    faults_in_wheel --> ZipFile & mentions & project_files
```
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from tools.check_index_hosts import mentions
from tools.project_files import project_files

_TEXTS = {".py", ".yaml", ".yml", ".toml", ".cfg", ".json", ".md", ".j2", ".js", ".css", ".html", ".txt", ".mako"}


class BuildError(Exception):
    """Something could not be built, or is not what it should be; the text says what."""


def build(root: Path, folder: Path, version: str) -> list[Path]:
    """Build into the folder and return the files.

    Raises:
        BuildError: a program failed, or the wheel is not whole.
    """
    when = run(root, "git", "log", "-1", "--format=%ct").strip()
    environment = {"SOURCE_DATE_EPOCH": when}  # the same commit gives the same bytes
    run(root, *_python("-m", "hatchling", "build", "-d", str(folder)), **environment)
    bill = folder / f"seedbed-{version}.cdx.json"
    generator = _python(
        "-W", "ignore", "-m", "cyclonedx_py", "requirements", "uv.lock", "--pyproject", "pyproject.toml"
    )
    run(root, *generator, "--output-reproducible", "--validate", "-o", str(bill), **environment)
    wheel, source = folder / f"seedbed-{version}-py3-none-any.whl", folder / f"seedbed-{version}.tar.gz"
    if missing := [file.name for file in (wheel, source, bill) if not file.is_file()]:
        raise BuildError(
            f"{', '.join(missing)} was not built; there is {sorted(each.name for each in folder.iterdir())}"
        )
    if faults := list(faults_in_wheel(wheel, root)):
        raise BuildError(f"{wheel.name} is not whole: {'; '.join(faults[:5])}")
    return [wheel, source, bill]


def faults_in_wheel(wheel: Path, root: Path) -> Iterator[str]:
    """Yield what the wheel lacks of src/, and every address of a package index in it."""
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for path in project_files(root):
            if path.parts[0] == "src" and (inside := path.relative_to("src").as_posix()) not in names:
                yield f"{inside} is missing"
        for needed in ("entry_points.txt", "licenses/LICENSE"):
            if not any(name.endswith(f".dist-info/{needed}") for name in names):
                yield f"{needed} is missing"
        for name in sorted(names):
            if Path(name).suffix in _TEXTS:
                for line, words in mentions(archive.read(name).decode(errors="replace")):
                    yield f"{name}:{line} names a package index ({words})"


def run(root: Path, *command: str, **environment: str) -> str:
    """Run a program in the project and return what it prints.

    Raises:
        BuildError: it fails; the text has its last words.
    """
    paths = {
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])
    }  # not what is installed: that may be elsewhere
    done = subprocess.run(command, cwd=root, env={**os.environ, **paths, **environment}, capture_output=True, text=True)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise BuildError(f"`{' '.join(command)}` failed: {' '.join(words[-5:])[:1000]}")
    return done.stdout


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, *words)
