"""Remove from the command line what came to nothing.

src/seedbed/cli/commands/runs_gc.py - v0.1.0

```mermaid
flowchart LR
    gc --> find_garbage & remove
    gc --> Item
```
"""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.tracking.garbage import Item

_UNITS = ("B", "KB", "MB", "GB", "TB")


def gc(
    older_than: Annotated[
        float,
        typer.Option(
            min=0, metavar="DAYS", help="Keep runs that failed later; 0.5 is twelve hours. Deleted runs always go."
        ),
    ] = 7.0,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; removes only with --yes.")] = False,
) -> None:
    """Remove failed and killed runs, folders without a run, and indexes that no search uses; asks first.

    What stays: every run that finished, runs that a registered model comes from, groups of which one run stays, runs
    that another one names, and the indexes that searches see or could go back to.

    Example: seedbed runs gc --older-than 30
    """
    from dataclasses import asdict
    from datetime import timedelta

    from seedbed.cli.groups import settings
    from seedbed.cli.output import print_json
    from seedbed.wiring_garbage import find_garbage, remove

    loaded = settings()
    garbage = find_garbage(loaded, timedelta(days=older_than))
    if not as_json:
        _print("can go", garbage.can_go)
        _print("must stay", garbage.must_stay)
        typer.echo(f"{len(garbage.can_go)} can go and free {_in_units(garbage.num_bytes)}.")
    go = bool(garbage.can_go) and (yes or (not as_json and typer.confirm("Remove them? This cannot be undone.")))
    removed: list[Item] = []
    if go:
        remove(garbage, loaded, removed.append)
    if as_json:
        sides = {"can_go": garbage.can_go, "must_stay": garbage.must_stay, "removed": removed}
        print_json(
            {name: [asdict(item) for item in items] for name, items in sides.items()} | {"num_bytes": garbage.num_bytes}
        )
    elif go:
        typer.echo(f"Removed {len(removed)}.")


def _print(title: str, items: "Sequence[Item]") -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console

    if not items:
        return
    table = Table(title, "", "why", "size")
    table.columns[3].justify = "right"
    for item in items:
        table.add_row(item.kind, Text(item.name, overflow="fold"), Text(item.reason), _in_units(item.num_bytes))
    console().print(table)


def _in_units(num_bytes: float) -> str:
    """Return a size as people read it.

    >>> _in_units(1234567), _in_units(12)
    ('1.2 MB', '12 B')
    """
    power = 0
    while num_bytes >= 1000 and power < len(_UNITS) - 1:
        num_bytes, power = num_bytes / 1000, power + 1
    return f"{num_bytes:.1f} {_UNITS[power]}" if power else f"{num_bytes:.0f} B"
