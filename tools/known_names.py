"""Collect the names that a file may draw.

tools/known_names.py - v0.1.0

```mermaid
flowchart LR
    known_names --> _python & _package & _words
    diagrams_outside_the_header --> Iterator
```
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

WORD = re.compile(r"\w+")


def known_names(path: Path, text: str, root: Path) -> set[str]:
    """Return what a file defines, takes or imports; for a package front also the modules beside it.

    Files that are not Python know every word outside their comments.
    """
    if path.suffix != ".py":
        return _words(text)
    names = _python(ast.parse(text))
    return names | _package(root / path, root) if path.name == "__init__.py" else names


def diagrams_outside_the_header(text: str) -> Iterator[str]:
    """Yield a fault for every class or function whose docstring holds a diagram: they end up in OpenAPI."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and "```mermaid" in (
            ast.get_docstring(node) or ""
        ):
            yield f"line {node.lineno}: the docstring of {node.name} holds a diagram; the header is the place for it"


def _python(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                names.add(name)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                for alias in aliases:
                    names |= {alias.asname or alias.name, *alias.name.split(".")}
                if isinstance(node, ast.ImportFrom) and node.module:
                    names |= set(node.module.split("."))
            case ast.Constant(value=str(value)) if value.isidentifier():  # annotations in quotes, states kept as text
                names.add(value)
    return names


def _package(file: Path, root: Path) -> set[str]:
    modules = {path.stem for path in file.parent.iterdir() if path.suffix == ".py" or path.is_dir()}
    return modules | {path.name for path in (root / "src").glob("*") if path.is_dir()}


def _words(text: str) -> set[str]:
    return {word for line in text.splitlines() if not line.lstrip().startswith("#") for word in WORD.findall(line)}
