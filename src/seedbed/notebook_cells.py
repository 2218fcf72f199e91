"""Note which cells a kernel ran, in which order, and how each ended.

src/seedbed/notebook_cells.py - v0.1.0

```mermaid
classDiagram
    CellLog ..> RanCell : keeps
    CellLog --> Shell : listens to
```
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.logging_redaction import redact_text

type Shell = Any
"""IPython's InteractiveShell, which ships no types."""


@dataclass(frozen=True, slots=True)
class RanCell:
    """One execution of one cell."""

    source: str
    ok: bool | None
    """None for what ran before anybody listened, and for a cell that has not ended."""


class CellLog:
    """Every cell since the kernel started: what ran before may have left variables behind."""

    def __init__(self, shell: Shell) -> None:
        """Listen from now on."""
        self._shell = shell
        before = list(shell.history_manager.input_hist_raw[1:])
        if before and before[-1] == self._running():
            before.pop()  # the cell that runs now is noted when it ends
        self.ran = [RanCell(source, None) for source in before]
        self.failure: BaseException | None = None
        """What the last cell failed with."""
        self._begun: list[Any] = []
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._note)

    def stop(self) -> None:
        """Listen no more."""
        self._shell.events.unregister("pre_run_cell", self._begin)
        self._shell.events.unregister("post_run_cell", self._note)

    def stop_with_this(self) -> None:
        """Let the cell that runs now be the last."""
        self.stop()
        self.ran.append(RanCell(self._running(), None))

    def write(self, file: Path) -> None:
        """Write one JSON line for each execution, secrets masked."""
        lines = [
            json.dumps({"ok": cell.ok, "source": redact_text(cell.source)}, ensure_ascii=False) for cell in self.ran
        ]
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="backslashreplace")

    def _begin(self, info: Any) -> None:
        self._begun.append(info)

    def _note(self, result: Any) -> None:
        # A magic such as %%capture runs what is below it as a cell of its own: only the whole counts.
        del self._begun[next((at for at, info in enumerate(self._begun) if info is result.info), len(self._begun)) :]
        if self._begun or not result.info.raw_cell.strip():
            return
        self.failure = result.error_before_exec or result.error_in_exec
        self.ran.append(RanCell(result.info.raw_cell, self.failure is None))

    def _running(self) -> str:
        """Return the text of the cell that runs now; a kernel's history need not have it, its last request does."""
        request: dict[str, Any] = getattr(self._shell, "get_parent", dict)() or {}
        return str(request.get("content", {}).get("code") or self._shell.history_manager.input_hist_raw[-1])
