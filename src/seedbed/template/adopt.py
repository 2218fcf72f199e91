"""Add the harness to a project that exists, and change nothing of what is there.

src/seedbed/template/adopt.py - v0.1.0

```mermaid
flowchart LR
    adopt --> whole_project & write_files & lines_to_add
    adopt --> Adopted
```
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.errors import UserError, WorldError
from seedbed.template.answers import Answers
from seedbed.template.library import FOLDER, Library
from seedbed.template.manifest import FILE
from seedbed.template.project import Project, whole_project, write_files
from seedbed.template.render import render

_IGNORED = (".seedbed/", ".env", "secrets/")


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was done for each file."""

    path: Path
    seedbed: str
    written: tuple[str, ...]
    kept: tuple[str, ...]
    """There already, and left as they are."""
    by_hand: Mapping[str, tuple[str, ...]]
    """Lines to add, by file."""


def described(folder: Path) -> dict[str, str]:
    """Return what a project's pyproject.toml says of itself, as far as it does: name and description.

    Raises:
        UserError: it is no TOML.
    """
    project = _pyproject(folder).get("project", {})
    return {key: str(project[key]) for key in ("name", "description") if project.get(key)}


def adopt(folder: Path, answers: Answers, library: Library) -> Adopted:
    """Write what the harness needs beside what is there.

    Raises:
        UserError: the folder is not there, or has been adopted.
        WorldError: something cannot be written.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise UserError(f"{str(folder)!r} is no folder. Next, for a project that does not exist: seedbed new {folder}")
    if (folder / FILE).exists():
        raise UserError(f"{str(folder)!r} has the harness: there is {FILE}. Next: seedbed update")
    kept = {path for path in render(answers, library.version, vendored=bool(library.wheel)) if (folder / path).exists()}
    project = whole_project(answers, library, kept)
    by_hand = lines_to_add(folder, project)
    new = {path: content for path, content in project.files.items() if not (folder / path).exists()}
    try:
        write_files(folder, new)
    except OSError as error:
        raise WorldError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    return Adopted(folder, library.version, tuple(sorted(new)), tuple(sorted(kept)), by_hand)


def lines_to_add(folder: Path, project: Project) -> dict[str, tuple[str, ...]]:
    """Return what people have to write into files of their own."""
    wanted: dict[str, tuple[str, ...]] = {}
    ignored = _lines(folder / ".gitignore")
    if missing := tuple(each for each in _IGNORED if each not in ignored and each.rstrip("/") not in ignored):
        wanted[".gitignore"] = missing
    extras = "[ner]" if project.manifest.answers.has("ner") else ""
    requirement = f"seedbed{extras}=={project.library.version}"
    if not (folder / "pyproject.toml").exists():
        links = (f"--find-links {FOLDER}",) if project.library.wheel else ()
        return wanted | {"requirements.txt": (*links, requirement)}
    described_as = _pyproject(folder)
    lines: tuple[str, ...] = ()
    if not any(str(each).startswith("seedbed") for each in described_as.get("project", {}).get("dependencies", ())):
        lines += ("[project]", f'dependencies = ["{requirement}"]  # beside those that are there')
    if project.library.wheel and FOLDER not in described_as.get("tool", {}).get("uv", {}).get("find-links", ()):
        lines += ("[tool.uv]", f'find-links = ["{FOLDER}"]')
    return wanted | ({"pyproject.toml": lines} if lines else {})


def _pyproject(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError:
        return {}
    except ValueError as error:
        raise UserError(f"{path} is no TOML: {error}; mend it first") from None


def _lines(path: Path) -> set[str]:
    return {line.strip() for line in path.read_text("utf-8", "replace").splitlines()} if path.is_file() else set()
