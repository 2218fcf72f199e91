"""Find the seedbed that a project will install.

src/seedbed/template/library.py - v0.1.0

What came from an index is pinned by its version. What came from a checkout or a wheel file is on no index, so the
project gets the wheel itself, in `vendor/`. An installer notes which it was in `direct_url.json` (PEP 610).

```mermaid
flowchart LR
    find_library --> Library
    find_library --> build_wheel & of_wheel & of_index
```
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import which
from urllib.parse import unquote, urlsplit

from seedbed.errors import UserError, WorldError

FOLDER = "vendor"
_WHEEL = re.compile(r"seedbed-(?P<version>[^-]+)-[\w.]+-[\w.]+-[\w.]+\.whl")
_LIMIT_S = 120.0
_PASS = "pass a wheel, a checkout or a version. Example: --seedbed path/to/seedbed-0.1.0-py3-none-any.whl"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Library:
    """A release of seedbed; `wheel` is its file where no index has it."""

    version: str
    sha256: tuple[str, ...]
    file_name: str = ""
    wheel: bytes = b""

    @property
    def files(self) -> dict[str, bytes]:
        """What a project gets of it."""
        return {f"{FOLDER}/{self.file_name}": self.wheel} if self.wheel else {}


def find_library(given: str = "", project: Path | None = None) -> Library:
    """Return the seedbed that somebody names, or the one that runs this.

    Args:
        given: a wheel, a checkout or a version; "" is what is installed here.
        project: where a wheel may already lie.

    Raises:
        UserError: what is named is not there, or what is installed cannot be had again.
        WorldError: a wheel cannot be built, or no index has the version.
    """
    if given:
        path = Path(given)
        if path.is_dir():
            return build_wheel(path)
        return of_wheel(path) if given.endswith(".whl") else of_index(given)
    origin, version = _origin(), importlib.metadata.version("seedbed")
    if origin is None:
        vendored = sorted((project / FOLDER).glob(f"seedbed-{version}-*.whl")) if project else []
        return of_wheel(vendored[0]) if vendored else of_index(version)
    parts = urlsplit(origin)
    path = Path(unquote(parts.path))
    if parts.scheme != "file" or not path.exists():
        raise UserError(f"seedbed was installed from {origin}, which cannot be read now; {_PASS}")
    return build_wheel(path) if path.is_dir() else of_wheel(path)


def of_wheel(path: Path) -> Library:
    """Return the library in a wheel file."""
    found = _WHEEL.fullmatch(path.name)
    if found is None or not path.is_file():
        raise UserError(f"{str(path)!r} is no wheel of seedbed that can be read; {_PASS}")
    content = path.read_bytes()
    return Library(found["version"], (sha256(content).hexdigest(),), path.name, content)


def build_wheel(checkout: Path) -> Library:
    """Return the library as a checkout has it now; equal checkouts give equal wheels."""
    try:
        name = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    except (OSError, ValueError, LookupError):
        name = ""
    if name != "seedbed":
        raise UserError(f"{str(checkout)!r} is no checkout of seedbed; {_PASS}")
    with tempfile.TemporaryDirectory(prefix="seedbed-wheel-") as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            said = (done.stderr.strip().splitlines() or ["no wheel came out"])[-1]
            raise WorldError(f"no wheel could be built in {checkout}: {said}. Next: make setup there, or {_PASS}")
        return of_wheel(wheels[0])


def of_index(version: str) -> Library:
    """Return a release that an index has; uv asks for its hashes, by the machine's own settings."""
    if not re.fullmatch(r"\d+(\.\d+)*([abc.]?\w+)?", version):
        raise UserError(f"seedbed {version!r} is neither a file, a folder nor a version; {_PASS}")
    beside = Path(sys.prefix) / "bin" / "uv"
    uv = str(beside) if beside.is_file() else which("uv")
    if uv is None:
        raise WorldError(f"uv is not installed, and it looks up the hashes of seedbed {version}. Next: pip install uv")
    command = [uv, "pip", "compile", "-", "--no-deps", "--generate-hashes", "--quiet", "--no-header", "--no-annotate"]
    done = subprocess.run(
        command,
        input=f"seedbed=={version}\n",
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
        cwd=tempfile.gettempdir(),  # not the settings of whatever project this is called in
    )
    hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", done.stdout))
    if done.returncode or not hashes:
        said = " ".join(done.stderr.split())[-200:]
        raise WorldError(f"no index that uv knows has seedbed {version} ({said}); {_PASS}")
    return Library(version, hashes)


def _origin() -> str | None:
    """Return where seedbed was installed from; None: an index, or a folder of wheels."""
    text = importlib.metadata.distribution("seedbed").read_text("direct_url.json")
    return str(json.loads(text)["url"]) if text else None
