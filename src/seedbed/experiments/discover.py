"""List the experiments of a project without importing any.

src/seedbed/experiments/discover.py - v0.1.0

Reading the syntax tree is instant and cannot fail on a library that one of the experiments lacks.

```mermaid
flowchart LR
    summaries_in --> names_in
    summaries_in --> functions_in
    functions_in --> UserError
```
"""

import ast
from collections.abc import Mapping
from pathlib import Path

from seedbed.errors import UserError

NAMED = Path("pipelines", "experiments")
"""Where `seedbed run NAME` looks, below the project folder."""


def project_folder(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that holds `pipelines/experiments`."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / NAMED).is_dir()), None)


def names_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the project's experiments: its modules that do not begin with an underscore."""
    modules = (path.stem for path in (folder / NAMED).glob("*.py"))
    return tuple(sorted(name for name in modules if name.isidentifier() and not name.startswith("_")))


def summaries_in(folder: Path) -> Mapping[str, str]:
    """Return what each experiment of the project says about itself in its first line."""
    return {name: functions_in(folder / NAMED / f"{name}.py").get(name, "") for name in names_in(folder)}


def functions_in(path: Path) -> Mapping[str, str]:
    """Return the public functions of a Python file and the first line of what each says about itself.

    Raises:
        UserError: the file is not Python.
    """
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UserError(f"{path}:{line} is not Python: {getattr(error, 'msg', error)}") from error
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"))
    return {node.name: (ast.get_docstring(node) or "").partition("\n")[0] for node in functions}
