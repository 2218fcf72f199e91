"""Audit the recorded runs from the command line.

src/seedbed/cli/commands/audit.py - v0.1.0

```mermaid
flowchart LR
    register --> audit
```
"""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.experiments.audit import Audit


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(audit)


def audit(
    since: Annotated[
        str | None, typer.Option(help="Only runs started since then: 2026-11-01, or 12h, 7d, 4w before now.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check whether each recorded run can be reviewed, and list what is missing.

    Exit code 0: all can. 1: some cannot; the output says which, and why.

    Example: seedbed audit --since 7d
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json
    from seedbed.experiments.audit import audit as audit_runs
    from seedbed.experiments.audit import parse_since
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    moment = parse_since(since) if since else None
    found = audit_runs(wiring.archive(settings.tracking, settings.home), moment)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found)
    if found.findings:
        raise typer.Exit(1)


def _print(found: "Audit") -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console

    if found.findings:
        table = Table("run", "experiment", "status", "started (UTC)", "missing")
        for each in found.findings:
            started = f"{each.started_at:%Y-%m-%d %H:%M:%S}"
            missing = Text(", ".join(each.missing), overflow="fold")
            table.add_row(Text(each.run_id[:8]), Text(each.experiment), Text(each.status), Text(started), missing)
        console().print(table)
    num_reviewable = found.num_runs - len(found.findings)
    typer.echo(
        f"{num_reviewable} of {found.num_runs} runs can be reviewed, {found.num_repeatable} of them repeated by id"
    )
    if found.num_kept_elsewhere:
        typer.echo(f"The artefacts of {found.num_kept_elsewhere} runs are on a server and were not looked for.")
    if found.findings:
        typer.echo(f"Next: seedbed runs show {found.findings[0].run_id[:8]}")
