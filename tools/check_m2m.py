"""Check that m2m/README.md names every file beside it and every place below the home folder that the code uses.

tools/check_m2m.py - v0.1.0

A place is what stands behind `home /` in the code, in all of its spellings that the search knows.

```mermaid
flowchart LR
    main --> unnamed --> places
    places --> project_files
```
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.project_files import ROOT, project_files

_NAMED = re.compile(r"`([^`\s]+)`")


def places(root: Path = ROOT) -> set[str]:
    """Return the first part of every path below the home folder that is written in the code."""
    files = [path for path in project_files(root) if path.suffix == ".py" and path.parts[0] in {"src", "pipelines"}]
    found = {
        place for path in files if "tests" not in path.parts for place in _below_home((root / path).read_text("utf-8"))
    }
    return {place.partition("/")[0] for place in found}


def unnamed(root: Path = ROOT) -> list[str]:
    """Return what the README does not name."""
    named = _NAMED.findall((root / "m2m" / "README.md").read_text("utf-8"))
    known = {name.partition("/")[0] for name in named}
    files = [path.name for path in project_files(root) if path.parts[0] == "m2m"]
    return [
        *(f"m2m/{name}" for name in files if name not in named),
        *(f".seedbed/{each}" for each in places(root) - known),
    ]


def main(root: Path = ROOT) -> int:
    """Print what is missing; return 1 when something is."""
    found = sorted(unnamed(root))
    for name in found:
        print(f"check_m2m: m2m/README.md does not say what `{name}` is: purpose, key, backup, retention")
    return 1 if found else 0


def _below_home(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    constants = {
        target.id: place
        for node in tree.body
        if isinstance(node, ast.Assign) and (place := _text_of(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _is_home(node.left):
            place = _text_of(node.right) or (constants.get(node.right.id) if isinstance(node.right, ast.Name) else None)
            if place:
                yield place


def _is_home(node: ast.expr) -> bool:
    match node:
        case ast.Name(id="home") | ast.Attribute(attr="home"):
            return True
        case ast.Call(func=ast.Attribute(value=inner, attr="absolute")):
            return _is_home(inner)
    return False


def _text_of(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Constant(value=str() as text), *_]):
            return text
    return None


if __name__ == "__main__":
    sys.exit(main())
