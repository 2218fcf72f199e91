"""Show on the command line what is set, and where it is set.

src/seedbed/cli/commands/settings.py - v0.1.0

```mermaid
flowchart LR
    register --> settings
    settings --> print_json & Annotated
```
"""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(settings)


def settings(
    names: Annotated[
        bool, typer.Option("--names", help="List what can be set, without reading the current values.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the effective settings and where each comes from; secrets are masked.

    Example: ENVIRONMENT=staging seedbed settings
    """
    from seedbed.cli.output import print_json
    from seedbed.settings import explain, known_settings

    found = known_settings() if names else explain()
    if as_json:
        print_json({"settings": [each._asdict() for each in found]})
    elif names:
        _print_table(
            ["variable", "takes", "default", "meaning"],
            [(each.variable, each.takes, each.default or "", each.description) for each in found],
        )
    else:
        _print_table(
            ["variable", "value", "source"], [(each.variable, each.value or "", each.source) for each in found]
        )
        typer.echo("Next: seedbed settings --names, for what each of them takes and means")


def _print_table(header: list[str], rows: list[tuple[str, ...]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console

    table = Table(*header)
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    console().print(table)
