"""Find or build an environment that has what a run had.

src/seedbed/experiments/reproduction/interpreter.py - v0.1.0

What is installed decides, not what a lock says: somebody may have installed into an environment by hand.

```mermaid
flowchart LR
    find_interpreter --> package_differences
    find_interpreter --> NotReproducedError
```
"""

import platform
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree, which

from seedbed.digests import digest_file
from seedbed.errors import WorldError
from seedbed.experiments.reproduction.difference import Difference, NotReproducedError
from seedbed.experiments.reproduction.differences import package_differences
from seedbed.experiments.reproduction.evidence import Evidence
from seedbed.experiments.reproduction.surroundings import surroundings
from seedbed.locks import owned_lock
from seedbed.tracking.provenance import canonical, installed_packages

_BUILD_LIMIT_S = 3600.0


def find_interpreter(
    evidence: Evidence, tree: Path, repository: Path | None, home: Path, tell: Callable[[str], None]
) -> tuple[Path, str]:
    """Return a Python whose packages are those of the run, and which environment it is.

    The environment of this process serves when it has them. Otherwise, where the run's `uv.lock` is another one, or its
    Python, an environment is built from that lock below `home`, and kept.

    Raises:
        NotReproducedError: an environment with these packages is not here, and cannot be built.
    """
    ours = own_packages(tree)
    missing = package_differences(evidence.packages, installed_packages(), ours)
    then, now = evidence.fact("python"), platform.python_version()
    if not missing and then == now:
        return Path(sys.executable), "this one"
    lock, here = tree / "uv.lock", (repository or tree) / "uv.lock"
    same_lock = not lock.is_file() or (here.is_file() and digest_file(here) == digest_file(lock))
    if same_lock and then == now:
        hint = "uv.lock is the same, so somebody installed by hand, there or here. Next: make setup FORCE=1"
        if not lock.is_file():
            hint = "the run's code has no uv.lock to build an environment from; install it, or add --here"
        raise NotReproducedError([missing[0].model_copy(update={"hint": hint}), *missing[1:]])
    if not lock.is_file():
        raise NotReproducedError([Difference(kind="environment", what="Python", then=then, now=now), *missing])
    if (digest := digest_file(lock)) != evidence.fact("lock_digest"):
        raise NotReproducedError(
            [Difference(kind="environment", what="uv.lock", then=evidence.fact("lock_digest"), now=digest)]
        )
    python = _built(lock, digest, then, home, tell)
    missing = package_differences(evidence.packages, installed_packages(_search_path(python)), ours)
    if missing:
        hint = "its uv.lock says so: the run's environment was not what its lock says"
        raise NotReproducedError([missing[0].model_copy(update={"hint": hint}), *missing[1:]])
    return python, str(python.parent.parent)


def own_packages(tree: Path) -> frozenset[str]:
    """Return the packages that come with the code and not with the lock: a project that uses seedbed installs it."""
    harness = {"seedbed"} if (tree / "src" / "seedbed").is_dir() else set()
    try:
        name = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    except (OSError, ValueError, LookupError, TypeError):
        return frozenset(harness)
    return frozenset({*harness, canonical(str(name))})


def _built(lock: Path, digest: str, version: str, home: Path, tell: Callable[[str], None]) -> Path:
    folder = home / "environments" / f"{digest[:16]}-{version}"
    python, whole = folder / "bin" / "python", folder / "whole"
    with owned_lock(folder.with_suffix(".lock"), f"the environment {folder.name}", _BUILD_LIMIT_S):
        if whole.is_file():
            return python
        rmtree(folder, ignore_errors=True)
        tell(f"building an environment with Python {version} from the run's uv.lock, at first some minutes")
        uv = _uv()
        failed = _failure([uv, "venv", "--quiet", "--no-project", "--python", version, str(folder)])
        if failed:
            difference = Difference(kind="environment", what="Python", then=version, hint=f"uv has none: {failed}")
            raise NotReproducedError([difference])
        sync = [uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(lock)]
        failed = _failure(sync, lock.parent) and _failure([*sync, "--offline"], lock.parent)
        if failed:
            difference = Difference(kind="environment", what="uv.lock cannot be installed", hint=failed)
            raise NotReproducedError([difference])
        whole.touch()
    return python


def _uv() -> str:
    beside = Path(sys.prefix) / "bin" / "uv"
    found = str(beside) if beside.is_file() else which("uv")
    if found is None:
        raise WorldError("uv is not installed, and the run's environment has to be built from its uv.lock; make setup")
    return found


def _failure(command: list[str], folder: Path | None = None) -> str:
    """Return "" when the command succeeds, otherwise its last words; uv reads the folder's pyproject.toml."""
    done = subprocess.run(
        command, cwd=folder, env=surroundings({}), capture_output=True, text=True, timeout=_BUILD_LIMIT_S, check=False
    )
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return " ".join(" ".join(lines[-3:]).split())[:300] if done.returncode else ""


def _search_path(python: Path) -> tuple[str, ...]:
    return tuple(str(folder) for folder in (python.parent.parent / "lib").glob("python*/site-packages"))
