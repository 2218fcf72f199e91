"""Put together everything that a project gets, machine-made files included.

src/seedbed/template/project.py - v0.1.0

```mermaid
flowchart LR
    whole_project --> render & project_lock & Manifest
    write_files --> Path
```
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from seedbed.digests import digest_of
from seedbed.template.answers import Answers
from seedbed.template.library import Library
from seedbed.template.lock import project_lock
from seedbed.template.manifest import COPY, FILE, Manifest, copy_of
from seedbed.template.render import EXECUTABLE, render

LOCK = "uv.lock"


@dataclass(frozen=True, slots=True)
class Project:
    """The files of a project, apart by who writes them from now on."""

    edited: Mapping[str, bytes]
    """People's: an update merges them."""
    made: Mapping[str, bytes]
    """Lock and wheel: an update replaces them."""
    manifest: Manifest
    library: Library

    @property
    def files(self) -> dict[str, bytes]:
        """All of them, with the manifest and the copy."""
        return {**self.edited, **self.made, FILE: self.manifest.text(), COPY: copy_of(self.edited)}


def whole_project(answers: Answers, library: Library, kept: Collection[str] = ()) -> Project:
    """Return what a project with these answers gets; `kept` are files that are its own."""
    rendered = render(answers, library.version, vendored=bool(library.wheel))
    edited = {path: content for path, content in rendered.items() if path not in kept}
    made = dict(library.files)
    if not answers.adopted:
        made[LOCK] = project_lock(edited["pyproject.toml"].decode("utf-8"), library).encode("utf-8")
    digests = {path: digest_of(content) for path, content in sorted({**edited, **made}.items())}
    manifest = Manifest(seedbed=library.version, answers=answers, files=digests, kept=tuple(sorted(kept)))
    return Project(edited, made, manifest, library)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if name in EXECUTABLE:
            path.chmod(0o755)
