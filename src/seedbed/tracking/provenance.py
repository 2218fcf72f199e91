"""Write down what made a result.

src/seedbed/tracking/provenance.py - v0.1.0

The tags are ours: MLflow loses the commit of console scripts and notebooks, and never says that the tree was dirty.

```mermaid
flowchart LR
    collect --> Provenance
    collect --> read_code & measure & command_line & effective_environment
    collect --> plugin_code
```
"""

import functools
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seedbed.digests import digest_file, digest_json
from seedbed.hardware import Hardware, measure
from seedbed.plugins import Plugin
from seedbed.tracking.config import MAX_DIFF_BYTES
from seedbed.tracking.entry import EntryKind, code_folder, command_line, entry_kind
from seedbed.tracking.git import Code, read_code
from seedbed.tracking.plugin_code import PluginCode, plugin_code
from seedbed.tracking.seeds import effective_environment


class Provenance(BaseModel):
    """Code, command, environment and machine of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: EntryKind
    command: str
    folder: str
    """Working directory of the process."""
    code: Code
    lock_digest: str
    """Digest of uv.lock beside the code; "" when there is none."""
    python: str
    platform: str
    packages: Mapping[str, str]
    """Every installed distribution and its version."""
    variables: Mapping[str, str]
    """Those variables of the environment that change results."""
    hardware: Hardware
    plugins: tuple[PluginCode, ...] = ()
    """What the run was configured with and is not built in."""

    @property
    def packages_digest(self) -> str:
        """One digest for all versions."""
        return digest_json(dict(self.packages))

    def tags(self) -> dict[str, str]:
        """Return what a list of runs is searched and compared by; empty facts are left out."""
        code = self.code
        facts = {
            "entry": self.entry,
            "command": self.command[:4000],
            "git.commit": code.commit,
            "git.branch": code.branch,
            "git.remote": code.remote,
            "git.dirty": str(code.dirty).lower() if code.root else "",
            "git.diff_digest": code.diff_digest,
            "git.diff_refused": code.diff_refused,
            "git.problem": code.problem[:500],
            "lock_digest": self.lock_digest,
            "packages_digest": self.packages_digest,
            "python": self.python,
            "platform": self.platform,
            "hardware_class": self.hardware.hardware_class()[:4000],
        } | {f"plugin.{plugin.what}": plugin.fact for plugin in self.plugins}
        return {f"seedbed.{name}": value for name, value in facts.items() if value}


def collect(
    folder: Path | None = None, *, max_diff_bytes: int = MAX_DIFF_BYTES, plugins: Iterable[Plugin] = ()
) -> Provenance:
    """Return the provenance of this process, with the code of the folder (default: where the running code lies)."""
    folder = folder or code_folder()
    code = read_code(folder, max_diff_bytes)
    return Provenance(
        entry=entry_kind(),
        command=command_line(),
        folder=str(Path.cwd()),
        code=code,
        lock_digest=_lock_digest(Path(code.root) if code.root else folder),
        python=platform.python_version(),
        platform=platform.platform(),
        packages=installed_packages(),
        variables=effective_environment(),
        hardware=measure(),
        plugins=tuple(plugin_code(plugin, code, max_diff_bytes) for plugin in plugins),
    )


def read_provenance(file: Path) -> Provenance | None:
    """Return what a run has recorded; None where it is a foreign run, or one of another version."""
    try:
        return Provenance.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return None


def installed_packages(path: tuple[str, ...] = ()) -> dict[str, str]:
    """Return name and version of every distribution on the path, the first of equal names as in an import.

    The path is that of this process unless another one is given.
    """
    return dict(_scan(path or tuple(sys.path)))


@functools.lru_cache(maxsize=4)
def _scan(path: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    # Folder names carry both (PyPA "recording installed projects"); reading 450 METADATA files takes half a second.
    found: dict[str, str] = {}
    for folder in map(Path, path):
        for entry in sorted(folder.glob("*-*.*-info") if folder.is_dir() else ()):
            name, version = entry.stem.split("-")[:2]
            found.setdefault(canonical(name), version)
    return tuple(sorted(found.items()))


def canonical(name: str) -> str:
    """Return the name of a distribution as packages are listed by.

    >>> canonical("Bird_songs.data")
    'bird-songs-data'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _lock_digest(folder: Path) -> str:
    lock = folder / "uv.lock"
    return digest_file(lock) if lock.is_file() else ""
