"""Run groups of runs from the command line and print what they gave.

src/seedbed/cli/groups.py - v0.1.0

```mermaid
flowchart LR
    run_group --> start_group --> work
    resume --> resume_group --> work
    run_group & resume --> print_group
```
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import typer

from seedbed.progress import show_progress

if TYPE_CHECKING:
    from seedbed.experiments.define import Experiment
    from seedbed.experiments.repeat import RepeatResult
    from seedbed.experiments.sweep import SweepResult
    from seedbed.experiments.trial import Plan
    from seedbed.settings import Settings
    from seedbed.tracking.run import Run

_MOST_SHOWN = 10
_MOST_WORKERS = 8


def settings() -> "Settings":
    """Return the settings, the log being set up as they say."""
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    loaded = load_settings()
    configure(loaded.log, service="cli", home=loaded.home)
    return loaded


def default_workers() -> int:
    """Return how many runs go at once unless somebody says: one for each core, a handful at most."""
    from seedbed.hardware import measure

    return min(measure().num_usable_cores, _MOST_WORKERS)


def run_group(chosen: "Experiment", plan: "Plan", settings: "Settings", *, note: str, as_json: bool) -> None:
    """Run a new group and print what it gave."""
    from seedbed.cli.commands.run import NOTE
    from seedbed.wiring_groups import start_group

    tags = {"seedbed.summary": chosen.summary} | ({NOTE: note} if note else {})
    _work(start_group(chosen, plan, settings, tags), settings, as_json)


def resume(run_id: str, settings: "Settings", *, workers: int | None, as_json: bool) -> None:
    """Go on with a group that was interrupted and print what it gave."""
    from seedbed.wiring_groups import resume_group

    _work(resume_group(run_id, settings), settings, as_json, workers)


def _work(
    group: AbstractContextManager["Run"], settings: "Settings", as_json: bool, workers: int | None = None
) -> None:
    from seedbed import wiring_groups
    from seedbed.cli.commands.run import in_whole_lines

    with in_whole_lines() as opened, group as run:
        opened.append(run)
        typer.echo(
            f"seedbed: group {run.run_id[:8]}; if it is interrupted: seedbed sweep --resume {run.run_id[:8]}", err=True
        )
        with show_progress(run.experiment) as run.progress:
            result = wiring_groups.work(run, settings, workers)
    if as_json:
        from seedbed.cli.output import print_json

        print_json(result.model_dump(mode="json"))
    else:
        print_group(result)
    if num_failed := sum(trial.state == "failed" for trial in result.trials):
        error = next(trial.error for trial in result.trials if trial.state == "failed")
        typer.echo(f"seedbed: {num_failed} of {len(result.trials)} runs failed, the first: {error}", err=True)
        if not hasattr(result, "best"):  # of fewer seeds than were asked for
            raise typer.Exit(1)


def print_group(result: "RepeatResult | SweepResult") -> None:
    """Print a group's result for people."""
    from seedbed.experiments.repeat import RepeatResult

    if isinstance(result, RepeatResult):
        _print_spreads(result)
    else:
        _print_trials(result)
    short = result.run_id[:8]
    typer.echo(f"Next: seedbed report {short}   (one page for a reviewer)")
    typer.echo(f"      seedbed runs show {short}")


def _print_spreads(result: "RepeatResult") -> None:
    from seedbed.cli.output import console, open_table

    finished = [trial for trial in result.trials if trial.state == "finished"]
    table = open_table(
        f"{result.experiment}: {len(finished)} seeds, run {result.run_id}",
        "interval of the mean, Student's t; std and variance are of one run",
    )
    table.add_column("metric", overflow="fold")
    for heading in ("mean", "95 % interval", "std", "variance", "lowest", "highest"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, spread in result.metrics.items():
        between = "" if spread.low is None or spread.high is None else f"{spread.low:.4g} to {spread.high:.4g}"
        numbers = (spread.std, spread.variance, spread.minimum, spread.maximum)
        table.add_row(name, f"{spread.mean:.5g}", between, *(f"{number:.4g}" for number in numbers))
    console().print(table)


def _print_trials(result: "SweepResult") -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console
    from seedbed.experiments.sweep import in_order

    best = result.best
    ranked = in_order(result.trials, result.metric, minimize=result.direction == "minimize")
    keys = list(dict.fromkeys(key for trial in ranked for key in trial.values))
    table = Table("trial", *keys, result.metric, "run", "seconds")
    ended = {state: sum(trial.state == state for trial in result.trials) for state in ("finished", "pruned", "failed")}
    counts = ", ".join(f"{num} {state}" for state, num in ended.items() if num)
    table.title, table.title_justify = f"{result.experiment}: {counts}, run {result.run_id}", "left"
    if len(ranked) > _MOST_SHOWN:
        table.caption, table.caption_justify = f"the best {_MOST_SHOWN}; all are in trials.csv of the run", "left"
    for trial in ranked[:_MOST_SHOWN]:
        values = [trial.values.get(key, "") for key in keys]
        cells = (
            str(trial.number),
            *values,
            f"{trial.metrics[result.metric]:.6g}",
            trial.run_id[:8],
            f"{trial.seconds:.1f}",
        )
        table.add_row(*map(Text, cells))
    console().print(table)
    if best is not None:
        which = "lowest" if result.direction == "minimize" else "highest"
        settings = " ".join(f"--set {key}={value}" for key, value in best.values.items())
        typer.echo(f"Best: trial {best.number}, {which} {result.metric} {best.metrics[result.metric]:.6g}: {settings}")
