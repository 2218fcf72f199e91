"""Check that every header keeps its promises.

tools/check_headers.py - v0.1.0

The rules stand in CONTRIBUTING.md; what a file draws must be a name that it defines, takes or imports,
so that renaming something breaks this check and not the truth of the diagram.

```mermaid
flowchart LR
    main --> faults_in --> Header & names_in & known_names
    main --> project_files
```
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools.header import Header, HeaderError
from tools.known_names import diagrams_outside_the_header, known_names
from tools.mermaid import DiagramError, names_in
from tools.project_files import ROOT, project_files

MAX_HEADER_LINES, MAX_WHY_LINES, MAX_RELATIONS = 16, 4, 6
SUFFIXES = {".py", ".yml", ".yaml", ".toml", ".sh"}
NO_VERB = {
    "This",
    "The",
    "A",
    "An",
    "Module",
    "File",
    "Tests",
    "Contains",
    "Provides",
    "Implements",
    "Defines",
    "Utilities",
    "Helpers",
}
VERBS_IN_ING = {"Bring", "Ping", "String"}
STAMP = re.compile(r"(?P<path>\S+) - v(?P<version>\d+\.\d+\.\d+)")
GENERATED = re.compile(r"^\W*(this file (is|was) )?(auto-?)?generated\b", re.IGNORECASE)


def carries_header(path: Path, text: str) -> bool:
    """Whether the rules ask this file for a header: code and configuration that people write."""
    if not text or path.suffix == ".j2" or GENERATED.match(text):  # what a template becomes carries one
        return False
    named = path.name == "Makefile" or path.name.startswith("Dockerfile") or path.suffix in SUFFIXES
    return named or (not path.suffix and text.startswith("#!"))


def needs_diagram(path: Path) -> bool:
    """Whether this file must draw what it stands among: code that is not a test, except package fronts."""
    return path.suffix == ".py" and path.name not in ("__init__.py", "conftest.py") and "tests" not in path.parts


def faults_in(path: Path, text: str, *, root: Path = ROOT, version: str = "999.0.0") -> Iterator[str]:
    """Yield what is wrong with the header of one file; `version` is the newest that a stamp may carry."""
    try:
        header = Header.of(path, text)
    except HeaderError as fault:
        yield f"{fault}; start with a line that says what the file does, then 'path - vX.Y.Z'"
        return
    yield from _promise(header.lines[0])
    yield from _stamp(header, path, version)
    yield from _sizes(header)
    yield from _diagram(header, path, text, root)
    if path.suffix == ".py":
        yield from diagrams_outside_the_header(text)


def _promise(line: str) -> Iterator[str]:
    verb = line.split(" ")[0]
    if not verb[:1].isupper() or verb in NO_VERB or (verb.endswith("ing") and verb not in VERBS_IN_ING):
        yield f"line 1 starts with {verb!r}; start with the verb that says what the file does, like 'Find' or 'Measure'"
    if not line.endswith("."):
        yield "line 1 does not end with a period"


def _stamp(header: Header, path: Path, version: str) -> Iterator[str]:
    stamp = STAMP.fullmatch(header.lines[2]) if len(header.lines) > 2 else None
    if stamp is None or header.lines[1]:
        yield f"line 2 must be blank and line 3 '{path.as_posix()} - vX.Y.Z'"
        return
    if stamp["path"] != path.as_posix():
        yield f"line 3 names {stamp['path']!r}; the path is {path.as_posix()!r}"
    if _number(stamp["version"]) > _number(version):
        yield f"line 3 says v{stamp['version']}; the newest version is {version}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _sizes(header: Header) -> Iterator[str]:
    for what, size, limit in (
        ("the header", len(header.lines), MAX_HEADER_LINES),
        ("the why", len(header.why), MAX_WHY_LINES),
        ("the diagram", len(header.diagram) - 1, MAX_RELATIONS),
    ):
        if size > limit:
            yield f"{what} has {size} lines; at most {limit}"


def _diagram(header: Header, path: Path, text: str, root: Path) -> Iterator[str]:
    if not header.diagram:
        if needs_diagram(path):
            yield "no diagram; draw what the file defines and what that leads to"
        return
    try:
        drawn = names_in(header.diagram)
    except DiagramError as fault:
        yield str(fault)
        return
    known = known_names(path, text, root)
    unknown = sorted(name for name in drawn if not known.issuperset(name.split(".")))
    if unknown:
        yield f"the diagram names {', '.join(unknown)}, which the file neither defines nor takes nor imports"


def main() -> int:
    """Print one line per fault; return 1 when there is any."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    num_faults = 0
    for path in project_files():
        text = _text(ROOT / path)
        if not carries_header(path, text):
            continue
        for fault in faults_in(path, text, version=version):
            num_faults += 1
            print(f"{path}: {fault}")
    return 1 if num_faults else 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
