"""Show long work going on.

src/seedbed/progress.py - v0.1.0

```mermaid
flowchart LR
    show_progress --> Progress
```
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

type Progress = Callable[[int, int | None, str], None]
"""(done, total or None, unit)"""


@contextmanager
def show_progress(what: str) -> Iterator[Progress]:
    """Yield a function (done, total or None, unit) that draws a bar, rate and time left; silent without a terminal."""
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        progress.TextColumn(what),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[unit]}"),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None, unit="", rate="")

        def advance(done: int, total: int | None, unit: str) -> None:
            bar.update(task, completed=done, total=total, unit=unit)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance
