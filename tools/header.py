"""Find the header of a file.

tools/header.py - v0.1.0

```mermaid
classDiagram
    Header ..> HeaderError : raises
    Header ..> Path : takes
```
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class HeaderError(ValueError):
    """A file without a header, or with two diagrams in it."""


@dataclass(frozen=True, slots=True)
class Header:
    """The words at the top of a file, comment marks taken off."""

    lines: tuple[str, ...]
    diagram: tuple[str, ...]
    """Lines between the fences, the kind of diagram first; empty where there is none."""
    why: tuple[str, ...]
    """Lines between path and diagram that are not blank."""

    @classmethod
    def of(cls, path: Path, text: str) -> "Header":
        """Return the header of a Python file (its docstring) or of any file that comments with #."""
        header = (ast.get_docstring(ast.parse(text)) or "") if path.suffix == ".py" else _comment(text)
        if not header:
            raise HeaderError("no header")
        diagrams = FENCE.findall(header)
        if len(diagrams) > 1:
            raise HeaderError(f"{len(diagrams)} diagrams, allowed is one")
        lines = header.splitlines()
        prose = FENCE.sub("", header).splitlines()[3:]
        why = tuple(line for line in prose if line.strip())
        return cls(tuple(lines), tuple(diagrams[0].splitlines()) if diagrams else (), why)


def _comment(text: str) -> str:
    """Return the first block of # lines, after a shebang."""
    lines = text.splitlines()
    start = 1 if lines and lines[0].startswith("#!") else 0
    block = []
    for line in lines[start:]:
        if not line.startswith("#"):
            break
        block.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(block)
