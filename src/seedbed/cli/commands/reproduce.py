"""Make a recorded run again from the command line.

src/seedbed/cli/commands/reproduce.py - v0.1.0

```mermaid
flowchart LR
    register --> reproduce
    reproduce --> Verdict
```
"""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.experiments.reproduction.verdict import Verdict

_SHOWN = 12


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(reproduce)


def reproduce(
    run: Annotated[str, typer.Argument(help="Id of a run, or the first digits of it (at least 4).")],
    here: Annotated[
        bool, typer.Option("--here", help="Use the code and the environment as they are here, not the recorded ones.")
    ] = False,
    tolerance: Annotated[
        float,
        typer.Option(min=0, max=1, help="Relative tolerance, for other hardware and runs that are not deterministic."),
    ] = 1e-3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Reproduce a run from its id, and compare code, configuration, data, environment and results.

    Exit code 0: reproduced. 1: not reproduced; the output names the first difference.

    Example: seedbed reproduce 1f3a
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    maker = wiring.reproduction(settings, lambda line: typer.echo(line, err=True))
    verdict = maker.reproduce(run, here=here, tolerance=tolerance)
    if as_json:
        print_json(verdict.model_dump(mode="json"))
    else:
        _print(verdict)
    if not verdict.is_reproduced:
        raise typer.Exit(1)


def _print(verdict: "Verdict") -> None:
    typer.echo(f"{verdict.status}: {verdict.why}")
    for each in verdict.differences[:_SHOWN]:
        typer.echo(f"  {each}")
    if len(verdict.differences) > _SHOWN:
        typer.echo(f"  and {len(verdict.differences) - _SHOWN} more: seedbed reproduce {verdict.run_id[:8]} --json")
    if verdict.kept:
        typer.echo(f"What was computed stays in {verdict.kept}")
    typer.echo(f"Next: seedbed runs show {(verdict.new_run_id or verdict.run_id)[:8]}")
