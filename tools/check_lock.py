"""Check that uv.lock still answers pyproject.toml, without asking an index.

tools/check_lock.py - v0.1.0

uv notes beside every pin who asked for it, so the lock itself says which requirements it was made for.

```mermaid
flowchart LR
    main --> faults_in --> wanted & Pin
    pins --> Pin
```
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.project_files import ROOT

BLOCK = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(?P<version>[^ \\]+)(?P<rest>[^\n]*(?:\n[ ]+[^\n]*)*)",
    re.MULTILINE,
)
ASKED_HERE = re.compile(r"# (?:  |via )seedbed \(pyproject\.toml\)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One version that the lock holds; a package may have several, each with its marker."""

    version: Version
    direct: bool
    """Whether pyproject.toml asked for it, and not only another package."""
    num_hashes: int


def pins(lock: str) -> dict[str, list[Pin]]:
    """Return the pins of a lock by canonical package name."""
    found: dict[str, list[Pin]] = {}
    for block in BLOCK.finditer(lock):
        rest = block["rest"]
        pin = Pin(Version(block["version"]), bool(ASKED_HERE.search(rest)), rest.count("--hash=sha256:"))
        found.setdefault(canonicalize_name(block["name"]), []).append(pin)
    return found


def wanted(pyproject: str) -> list[Requirement]:
    """Return every requirement of the project, extras included."""
    project = tomllib.loads(pyproject)["project"]
    extras = (line for lines in project.get("optional-dependencies", {}).values() for line in lines)
    return [Requirement(line) for line in (*project["dependencies"], *extras)]


def faults_in(pyproject: str, lock: str) -> Iterator[str]:
    """Yield where the lock does not answer the project."""
    locked = pins(lock)
    requirements = wanted(pyproject)
    for requirement in requirements:
        versions = [pin for pin in locked.get(canonicalize_name(requirement.name), []) if pin.direct]
        if not versions:
            yield f"{requirement.name} is not locked"
        for pin in versions:
            if not requirement.specifier.contains(pin.version, prereleases=True):
                yield f"{requirement} is locked at {pin.version}"
    names = {canonicalize_name(requirement.name) for requirement in requirements}
    for name, versions in locked.items():
        if any(pin.direct for pin in versions) and name not in names:
            yield f"{name} is locked, but nothing in pyproject.toml asks for it"
        if not all(pin.num_hashes for pin in versions):
            yield f"{name} is locked without a hash"


def main() -> int:
    """Print one line per fault; return 1 when there is any."""
    faults = list(faults_in((ROOT / "pyproject.toml").read_text(), (ROOT / "uv.lock").read_text()))
    for fault in faults:
        print(f"uv.lock: {fault}; run: make lock")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
