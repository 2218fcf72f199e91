"""Write the reference of extras from pyproject.toml.

tools/reference/extras.py - v0.1.0

```mermaid
flowchart LR
    extras_page --> extras
    extras_page --> table
```
"""

import re
import tomllib
from collections.abc import Iterator

from tools.reference.markdown import MADE, table

_IN_PROJECT = 'add `"seedbed[mcp]",` to the dependencies in `pyproject.toml`, below the comment there, then `make lock`'
_MANY = 8
_INTRODUCTION = f"""\
# Extras

Packages that one part of Seedbed needs and the rest does not. Where one is missing, that part says so and names its
extra. Everything else (torch, MLflow, Prefect, Chroma, spaCy, OpenVINO …) is always installed.

| where | extras that are installed | how to add one, say `mcp` |
|---|---|---|
| a clone of Seedbed | all | nothing to do: `make` installs them from `uv.lock` |
| a project made by `seedbed new` | `ner`, unless that part was left out | {_IN_PROJECT} |
| another project | what its dependencies ask for | add `seedbed[mcp]` to them and install them its own way |
| a wheel | what was asked for | `uv pip install './seedbed-0.1.0-py3-none-any.whl[mcp]'` |

Seedbed is in no package index yet, so `pip install seedbed` does not find it; a `.venv` made by `make` has no `pip`.

{MADE}"""
_MEANING = re.compile(r"^([\w-]+) = \[[^#\n]*# (.+)$", re.MULTILINE)


def extras_page(pyproject: str) -> str:
    """Return the page: one row for each extra."""
    rows = [
        (f"`{name}`", meaning, f"{len(names)} packages" if len(names) > _MANY else f"`{'`, `'.join(names)}`")
        for name, meaning, names in extras(pyproject)
    ]
    return _INTRODUCTION + "\n" + table(["extra", "to", "packages"], rows)


def extras(pyproject: str) -> Iterator[tuple[str, str, list[str]]]:
    r"""Yield name, meaning (the comment on its first line) and packages of each extra.

    >>> list(extras('[project.optional-dependencies]\nmcp = ["mcp[cli]>=2"] # talk to agents'))
    [('mcp', 'talk to agents', ['mcp'])]
    """
    meanings = dict(_MEANING.findall(pyproject.partition("[project.optional-dependencies]")[2]))
    for name, lines in tomllib.loads(pyproject)["project"]["optional-dependencies"].items():
        yield name, meanings[name], [re.split(r"[\[<>=]", line)[0] for line in lines]
