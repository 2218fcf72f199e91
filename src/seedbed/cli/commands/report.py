"""Write one page about a run from the command line.

src/seedbed/cli/commands/report.py - v0.1.0

```mermaid
flowchart LR
    register --> report
    report --> write_report
```
"""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(report)


def report(
    run: Annotated[str, typer.Argument(help="Id of a run, or the first digits of it (at least 4).")],
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; default: in reports/ of the home folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write one HTML page for a reviewer: what, why, numbers, plots, how it was made, how to reproduce it.

    The page is self-contained: it can be mailed, printed and read without a network.

    Example: seedbed report 1f3a --to review.html
    """
    from seedbed.cli.groups import settings
    from seedbed.cli.output import print_json
    from seedbed.wiring_reports import write_report

    found, file = write_report(run, settings(), to)
    if as_json:
        print_json({"run_id": found.record.run_id, "report": str(file)})
        return
    typer.echo(f"Report: {file}")
    if not found.note:
        typer.echo("No reason is recorded. Next time: seedbed run … --note 'why'")
