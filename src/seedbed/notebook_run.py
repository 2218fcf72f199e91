"""Open a run in a notebook, and close it with a picture and a conclusion.

src/seedbed/notebook_run.py - v0.1.0

A notebook has no block to leave: the run ends with its conclusion, with the kernel, or when it is opened again.

```mermaid
classDiagram
    Notebook --> CellLog : asks
    Notebook ..> Picture : shows
    Notebook ..> UserError : raises
```
"""

import atexit
import contextvars
import io
import logging
import sys
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from seedbed import wiring
from seedbed.errors import UserError
from seedbed.logging_config import configure
from seedbed.notebook_cells import CellLog, Shell
from seedbed.notebook_file import AS_WRITTEN, NotebookFile, find_notebook, order_of
from seedbed.settings import load_settings

logger = logging.getLogger(__name__)

_opened: "list[Notebook]" = []
"""The run that is open in this kernel: one at most."""


class Picture(Protocol):
    """A figure of matplotlib, or whatever can draw itself into a file as PNG."""

    def savefig(self, file: io.BytesIO, *, format: str, dpi: int, bbox_inches: str) -> None:
        """Draw."""


class Notebook:
    """A notebook that is being run, and the run that records it."""

    def __init__(self, question: str, seed: int | None, shell: Shell, folder: Path) -> None:
        """Open the run; `notebook` is what calls this."""
        settings = load_settings()
        configure(settings.log, service="notebook", home=settings.home)
        warnings.filterwarnings("ignore", message="IProgress not found")  # tqdm draws a plain bar then, which is fine
        self._question, self._folder = question, folder
        # Each cell runs in a context of its own, and a run has to be closed in the one that it was opened in.
        self._context, self._stack = contextvars.copy_context(), ExitStack()
        found, problem = self._find()
        name = found.path.stem if found else "notebook"
        opening = wiring.tracked_run(name, {"question": question}, seed=seed, settings=settings)
        self.run = self._context.run(self._stack.enter_context, opening)
        self.run.set_tags(_tags(found, problem))
        self._cells = CellLog(shell)

    def conclude(self, text: str, picture: Picture | None = None) -> None:
        """Show the picture and what follows from it, keep both with the run, and close the run.

        Raises:
            UserError: the run is closed already.
        """
        if self not in _opened:
            raise UserError("this run is closed; open another. Next: restart the kernel and run all cells")
        if picture is not None:
            drawn = _png(picture)
            (self.run.artifacts / "picture.png").write_bytes(drawn)
            _show_png(drawn)
        (self.run.artifacts / "conclusion.md").write_text(f"# {self._question}\n\n{text}\n", encoding="utf-8")
        self._cells.stop_with_this()
        order = self._stamp()
        _opened.remove(self)  # not before: until here somebody else has to close what fails
        self._context.run(self._stack.close)
        caveat = "" if order == AS_WRITTEN else f" It cannot be made again from the notebook: {order}."
        name = self.run.run_id[:8]
        _show_markdown(f"**Conclusion.** {text}\n\nRecorded as run {name}: `seedbed runs show {name}`.{caveat}")

    def leave(self, reason: str) -> None:
        """Close the run without a conclusion: as failed when the last cell did, as killed otherwise."""
        _opened.remove(self)
        self._cells.stop()
        self._stamp()
        error = self._cells.failure or SystemExit(reason)
        self._context.run(self._stack.__exit__, type(error), error, error.__traceback__)

    def _stamp(self) -> str:
        """Write what was run beside what is saved, as it is now and not as it was at the start; return the order."""
        self._cells.write(self.run.artifacts / "cells.jsonl")
        found, problem = self._find()
        order = order_of([cell.source for cell in self._cells.ran], found.code) if found else problem
        self.run.set_tags(_tags(found, problem) | {"seedbed.notebook.order": order})
        return order

    def _find(self) -> tuple[NotebookFile | None, str]:
        try:
            return find_notebook(self._folder, self._question), ""
        except UserError as error:
            return None, str(error)


def notebook(question: str, *, seed: int | None = None) -> Notebook:
    """Open the run of this notebook: seeded, recorded with its code, data, environment and the cells that ran.

    A seed is drawn and recorded when there is none. Calling it again begins anew.

    Raises:
        UserError: this is no notebook.
        WorldError: the tracking store is away.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        raise UserError(
            "seedbed.notebook works in a notebook; a script says `with seedbed.wiring.tracked_run(…) as run:`. "
            "Next: docs/how-to/track-runs.md"
        )
    _leave_all("the notebook was opened again")
    opened = Notebook(question, seed, shell, Path.cwd())
    _opened.append(opened)
    return opened


@atexit.register
def _at_exit() -> None:
    _leave_all("the kernel ended before there was a conclusion")


def _leave_all(reason: str) -> None:
    for each in list(_opened):
        each.leave(reason)


def _tags(found: NotebookFile | None, problem: str) -> dict[str, str]:
    if found is None:
        return {"seedbed.notebook.problem": problem}
    return {"seedbed.notebook.path": str(found.path), "seedbed.notebook.digest": found.digest}


def _png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=100, bbox_inches="tight")
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(picture)  # else Jupyter shows it a second time when the cell ends
    return buffer.getvalue()


def _show_png(drawn: bytes) -> None:
    from IPython.display import Image, display

    display(Image(drawn))


def _show_markdown(text: str) -> None:
    from IPython.display import Markdown, display

    display(Markdown(text))
