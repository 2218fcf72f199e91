"""Compare recorded runs from the command line.

src/seedbed/cli/commands/compare.py - v0.1.0

```mermaid
flowchart LR
    register --> compare
    compare --> write_comparison
```
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.experiments.compare import Comparison, MetricRow

_MOST_RUNS = 10


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(compare)


def compare(
    runs: Annotated[list[str], typer.Argument(help=f"Ids of 2 to {_MOST_RUNS} runs; each is compared with the first.")],
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; default: in reports/ of the home folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare runs: configuration, code, data and environment, and whether their metrics differ by more than chance.

    Retrieval runs are paired query by query, runs over --seeds seed by seed. An HTML page with plots is written too.

    Example: seedbed compare 1f3a 9c0d
    """
    from seedbed.cli.groups import settings
    from seedbed.cli.output import print_json
    from seedbed.errors import UserError
    from seedbed.wiring_reports import write_comparison

    if not 2 <= len(runs) <= _MOST_RUNS:
        raise UserError(f"{len(runs)} runs cannot be compared; name 2 to {_MOST_RUNS}. Next: seedbed runs")
    comparison, file = write_comparison(runs, settings(), to)
    if as_json:
        print_json(comparison.model_dump(mode="json") | {"report": str(file)})
        return
    _print(comparison)
    typer.echo(f"Report: {file}")


def _print(comparison: "Comparison") -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console, open_table

    found = comparison.differences
    names = [run.run_id[:8] for run in comparison.runs]
    for title, differing in (
        ("configuration", found.config),
        ("code", found.code),
        ("data", found.data),
        ("environment", found.environment),
    ):
        if not differing:
            typer.echo(f"Same {title}.")
            continue
        table = Table(title, *names)
        for name, values in differing.items():
            table.add_row(*(Text("(none)" if cell is None else cell, overflow="fold") for cell in (name, *values)))
        console().print(table)
    table = open_table()
    table.add_column("metric", overflow="fold")
    for heading in ("run", "value", "difference", "95 % interval", "p", "adjusted"):
        table.add_column(heading, justify="left" if heading == "run" else "right", no_wrap=True)
    for row in comparison.metrics:
        for cells in _rows(row, names):
            table.add_row(*cells)
    console().print(table)
    for name, reason in zip(names, comparison.not_tested, strict=True):
        if reason:
            typer.echo(f"Not tested: run {name}: {reason}")


def _rows(row: "MetricRow", names: list[str]) -> Iterator[tuple[str, ...]]:
    for place, name in enumerate(names):
        value, test, adjusted = row.values[place], row.tests[place], row.p_adjusted[place]
        cells = (row.name if not place else "", name, "" if value is None else f"{value:.6g}")
        if test is None or adjusted is None:
            yield (*cells, "", "", "", "")
        else:
            between = f"{test.low:+.4g} to {test.high:+.4g}"
            yield (*cells, f"{test.difference:+.6g}", between, f"{test.p_value:.3g}", f"{adjusted:.3g}")
