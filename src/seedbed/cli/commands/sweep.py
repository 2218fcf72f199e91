"""Try configurations of an experiment from the command line.

src/seedbed/cli/commands/sweep.py - v0.1.0

```mermaid
flowchart LR
    register --> sweep
    sweep --> plan_sweep
    sweep --> run_group & resume
```
"""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(sweep)


def sweep(
    experiment: Annotated[str, typer.Argument(help="Its name, or path/to/file.py:function.", show_default=False)] = "",
    grid: Annotated[
        list[str] | None, typer.Option("--grid", metavar="KEY=VALUE,VALUE", help="Values to try; may be repeated.")
    ] = None,
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", metavar="KEY=LOW:HIGH[:log]", help="Bounds to search between, with --search optuna."),
    ] = None,
    search: Annotated[str, typer.Option(help="grid: every combination; optuna: learn from earlier trials.")] = "grid",
    trials: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Number of trials, with --search optuna; default: 20.")
    ] = None,
    metric: Annotated[str, typer.Option(help="Metric that decides; default: the first that all trials return.")] = "",
    minimize: Annotated[bool, typer.Option("--minimize", help="Prefer the lowest value.")] = False,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set one key for all trials.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of every trial and of the search; default: drawn and recorded.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Parallel trials; default: one per core, at most 8; resumed: as before."),
    ] = None,
    note: Annotated[str, typer.Option(help="Reason for the run; stored with it and shown in its report.")] = "",
    resume: Annotated[str, typer.Option(metavar="RUN", help="Continue an interrupted sweep or run --seeds.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Try configurations of an experiment, each in a process of its own, and show the best.

    Example: seedbed sweep retrieval --grid top_k=10,20 --grid chunk.tokens=64,128

    Example: seedbed sweep my.py:train --search optuna --range rate=1e-5:1e-2:log --trials 40 --metric loss --minimize
    """
    from seedbed import wiring
    from seedbed.cli import groups
    from seedbed.cli.commands.run import load_experiment
    from seedbed.errors import UserError
    from seedbed.experiments.plan import plan_sweep

    settings = groups.settings()
    if resume:
        planned = (experiment, grid, ranges, overrides, trials, metric, minimize, seed is not None, note)
        if any(planned) or search != "grid":
            raise UserError(
                "--resume goes on with what was planned; beside it only --workers and --json mean something: "
                "leave out experiment and all others"
            )
        groups.resume(resume, settings, workers=workers, as_json=as_json)
        return
    if not experiment:
        raise UserError("no experiment is named. Example: seedbed sweep retrieval --grid top_k=10,20")
    chosen = load_experiment(experiment)
    plan = plan_sweep(
        chosen,
        experiment,
        wiring.sections(settings),
        overrides=overrides or (),
        grid=grid or (),
        ranges=ranges or (),
        search=search,
        num_trials=trials,
        metric=metric,
        minimize=minimize,
        seed=seed,
        num_workers=workers or groups.default_workers(),
    )
    groups.run_group(chosen, plan, settings, note=note, as_json=as_json)
