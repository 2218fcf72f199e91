"""Write tables and headings of Markdown.

tools/reference/markdown.py - v0.1.0

```mermaid
flowchart LR
    table --> cell
```
"""

import html
import re
from collections.abc import Iterable, Sequence

MADE = "This page is made by `python -m tools.schemas --write`; `make check` notices when it no longer matches.\n"


def cell(text: str) -> str:
    r"""Return the text on one line, with nothing in it that a table or HTML would take for its own; code stays code.

    >>> cell("one | two <three> `<four>`")
    'one \\| two &lt;three> `<four>`'
    """
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()).replace("|", r"\|"))
    return "".join(
        part if part.startswith("`") else html.escape(part, quote=False).replace("&gt;", ">") for part in parts
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown, or "" when it would have no rows."""
    lines = [f"| {' | '.join(cell(each) for each in row)} |".replace("|  |", "| |") for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines]) + "\n" if lines else ""
