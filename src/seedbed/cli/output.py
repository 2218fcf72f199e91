"""Print results for people and for programs.

src/seedbed/cli/output.py - v0.1.0

```mermaid
flowchart LR
    print_pairs --> console
    print_metrics --> without_bounds & console
```
"""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def console() -> "Console":
    """Return the console that writes to stdout."""
    from rich.console import Console

    return Console(highlight=False)


def open_table(title: str = "", caption: str = "") -> "Table":
    """Return a table without frame, for many columns of numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        title=title or None,
        caption=caption or None,
        title_justify="left",
        caption_justify="left",
    )


def print_json(value: object) -> None:
    """Print exactly one JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def print_pairs(title: str, pairs: Mapping[str, object]) -> None:
    """Print names and values as a table; floats with six digits."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in pairs.items():
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        table.add_row(name, Text(shown, overflow="fold"))
    console().print(table)


def print_metrics(metrics: Mapping[str, float]) -> None:
    """Print metrics as a table, each with its 95 % interval where it has one."""
    from rich.table import Table

    from seedbed.experiments.bounds import without_bounds

    table = Table("metric", "value", "95 % interval")
    for name, value in without_bounds(metrics).items():
        bounds = [metrics[f"{name}{end}"] for end in ("_low", "_high") if f"{name}{end}" in metrics]
        table.add_row(name, f"{value:.6g}", " to ".join(f"{bound:.4f}" for bound in bounds))
    console().print(table)
