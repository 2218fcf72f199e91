"""Write a version into the texts that carry one.

tools/stamps.py - v0.1.0

```mermaid
flowchart LR
    stamped --> STAMP
    with_version --> UNRELEASED
    notes_of --> UNRELEASED
```
"""

import re
from pathlib import Path

UNRELEASED = "## [Unreleased]\n"
STAMP = re.compile(r"^(?P<before>\W*)(?P<path>\S+) - v\d+\.\d+\.\d+(?P<after>\W*)$", re.MULTILINE)
_PROJECT_VERSION = re.compile(r'^version = "(.+)"$', re.MULTILINE)
_HEADER_LINES = 20


def stamped(path: Path, text: str, version: str) -> str:
    """Return the text with the version in its header; a file without a header of its own path stays as it is."""
    lines = text.splitlines(keepends=True)
    head = "".join(lines[:_HEADER_LINES])
    for match in STAMP.finditer(head):
        if match["path"] == path.as_posix():
            stamp = f"{match['before']}{match['path']} - v{version}{match['after']}"
            return head[: match.start()] + stamp + head[match.end() :] + "".join(lines[_HEADER_LINES:])
    return text


def version_of(pyproject: str) -> str:
    """Return the version that a pyproject.toml names."""
    found = _PROJECT_VERSION.search(pyproject)
    return found[1] if found else ""


def with_version(pyproject: str, version: str) -> str:
    """Return pyproject.toml with another version."""
    return _PROJECT_VERSION.sub(f'version = "{version}"', pyproject, count=1)


def notes_of(changelog: str) -> str:
    """Return what the changelog says under Unreleased."""
    _, _, rest = changelog.partition(UNRELEASED)
    return rest.partition("\n## [")[0].strip()


def released(changelog: str, version: str, day: str) -> str:
    """Return the changelog with what was unreleased under a version and a day."""
    return changelog.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day}\n", 1)
