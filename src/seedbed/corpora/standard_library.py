"""Find the docstrings of the running interpreter's standard library.

src/seedbed/corpora/standard_library.py - v0.1.0

The sources are parsed, never imported: importing them all would open windows and start servers. Tests and the two
applications that ship with Python (idlelib, turtledemo) are no library and stay out.

```mermaid
flowchart LR
    standard_library_docstrings --> Docstring
    standard_library_docstrings --> WorldError
```
"""

import ast
import os
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seedbed.errors import WorldError

type Kind = Literal["module", "class", "function"]

_NO_LIBRARY = frozenset(
    {"__phello__", "__pycache__", "idlelib", "lib2to3", "site-packages", "dist-packages", "test", "tests", "turtledemo"}
)


@dataclass(frozen=True, slots=True)
class Docstring:
    """What one object says about itself."""

    name: str
    """Qualified name, such as `json.decoder.JSONDecoder.decode`; not unique where an object is defined twice."""
    module: str
    kind: Kind
    text: str
    """Without indentation, as `inspect.cleandoc` leaves it."""


def standard_library_docstrings(root: Path | None = None) -> Iterator[Docstring]:
    """Yield the docstrings below `root` (the running interpreter's library), by module name, then as they stand.

    Raises:
        WorldError: there are no sources, as in some embedded builds of Python.
    """
    root = root or Path(sysconfig.get_path("stdlib"))
    sources = sorted((_module_name(path.relative_to(root)), path) for path in _sources(root))
    if not sources:
        raise WorldError(f"no Python sources in {str(root)!r}; choose another corpus: SEEDBED_CORPUS__KIND=folder")
    for module, path in sources:
        tree = _parsed(path)
        if tree is not None:
            yield from _docstrings(tree, module, module, "module")


def _sources(root: Path) -> Iterator[Path]:
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in _NO_LIBRARY and "-" not in name]
        yield from (Path(folder, name) for name in files if name.endswith(".py"))


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _parsed(path: Path) -> ast.Module | None:
    """Return the tree, or None for a file that a distribution patched into something unreadable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in other people's strings
        try:
            return ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            return None


def _docstrings(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str, module: str, kind: Kind
) -> Iterator[Docstring]:
    if text := _storable((ast.get_docstring(node) or "").strip()):
        yield Docstring(name, module, kind, text)
    if isinstance(node, ast.Module | ast.ClassDef):
        for child in _definitions(node.body):
            child_kind: Kind = "class" if isinstance(child, ast.ClassDef) else "function"
            yield from _docstrings(child, f"{name}.{child.name}", module, child_kind)


def _storable(text: str) -> str:
    """Return the text with what an escape sequence may have brought in, and nobody can store, written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _definitions(body: list[ast.stmt]) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield what a block defines, looking into `if` and `try`, where variants for other systems stand."""
    for statement in body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement
        elif isinstance(statement, ast.If):
            yield from _definitions(statement.body + statement.orelse)
        elif isinstance(statement, ast.Try):
            handled = [inner for handler in statement.handlers for inner in handler.body]
            yield from _definitions(statement.body + handled + statement.orelse + statement.finalbody)
