"""Read what a notebook says, without what it printed.

src/seedbed/notebook_file.py - v0.1.0

A kernel is not told which file its cells stand in: the file that asks the question is the one.

```mermaid
flowchart LR
    find_notebook --> read_notebook --> NotebookFile
    read_notebook --> UserError
```
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.digests import digest_json
from seedbed.errors import UserError

AS_WRITTEN = "as written"


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """A saved notebook."""

    path: Path
    code: tuple[str, ...]
    """Its code cells that hold something, in order."""
    digest: str
    """Of the text of all cells, prose included; what they printed does not count."""


def read_notebook(path: Path) -> NotebookFile:
    """Return what a file holds.

    Raises:
        UserError: it is no notebook.
    """
    try:
        cells = [
            (str(cell["cell_type"]), "".join(cell["source"]))
            for cell in json.loads(path.read_bytes().decode("utf-8"))["cells"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no notebook ({type(error).__name__}: {error}); save it as .ipynb") from error
    code = tuple(text.strip() for kind, text in cells if kind == "code" and text.strip())
    return NotebookFile(path, code, digest_json(cells))


def find_notebook(folder: Path, question: str) -> NotebookFile:
    """Return the notebook of the folder with a code cell that asks the question.

    Raises:
        UserError: none does, or several do.
    """
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            each = read_notebook(path)
        except UserError:
            continue  # somebody else's broken file
        if any(question in cell for cell in each.code):
            found.append(each)
    if len(found) == 1:
        return found[0]
    names = [each.path.name for each in found]
    why = (
        f"{names} all ask it; give each its own"
        if found
        else "no saved notebook asks it; save this one beside its data"
    )
    raise UserError(f"question {question!r} in {folder}: {why}")


def order_of(ran: Sequence[str], written: Sequence[str]) -> str:
    """Return in words how what was run differs from what is written; the end of a notebook need not have been run.

    >>> order_of(["a", "b"], ["a", "b", "c"]), order_of(["b", "a"], ["a", "b"])
    ('as written', 'cell 2 was run where cell 1 stands')
    >>> order_of(["a", "x"], ["a", "b"]), order_of(["a", "a"], ["a"])
    ('the cell that was run as number 2 is not in the saved notebook', 'cell 1 was run after the end')
    """
    for place, cell in enumerate(map(str.strip, ran)):
        if place < len(written) and cell == written[place]:
            continue
        if cell not in written:
            return f"the cell that was run as number {place + 1} is not in the saved notebook"
        where = f"where cell {place + 1} stands" if place < len(written) else "after the end"
        return f"cell {written.index(cell) + 1} was run {where}"
    return AS_WRITTEN
