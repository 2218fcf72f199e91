"""Show from the command line what was recorded.

src/seedbed/cli/commands/runs.py - v0.1.0

```mermaid
flowchart LR
    register --> list_runs & show & push & gc
    list_runs & show --> RunRecord
```
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.commands.runs_gc import gc

if TYPE_CHECKING:
    from seedbed.settings import Settings
    from seedbed.tracking.record import RunRecord

_SHOWN_METRICS = 3
_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(rich_markup_mode="rich")
    group.callback(invoke_without_command=True)(list_runs)
    group.command()(show)
    group.command()(push)
    group.command()(gc)
    app.add_typer(group, name="runs")


def list_runs(
    context: typer.Context,
    experiment: Annotated[str | None, typer.Option(help="Only runs of this experiment.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Number of runs, newest first.")] = 20,
    as_json: _AsJson = False,
) -> None:
    """List recorded runs, newest first; show one; send those still on disk; remove failed ones.

    Example: seedbed runs --experiment retrieval --limit 5
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context, context.invoked_subcommand)
        return
    from seedbed import wiring
    from seedbed.cli.output import print_json
    from seedbed.tracking.push import unsent_runs

    settings = _settings()
    found = wiring.archive(settings.tracking, settings.home).find(experiment, limit)
    waiting = unsent_runs(settings.home)
    if as_json:
        print_json({"runs": [_facts(record) for record in found], "unsent": waiting})
        return
    _print_table(found)
    typer.echo("Next: seedbed runs show RUN" if found else "Next: seedbed run retrieval")
    if waiting:
        typer.echo(f"{len(waiting)} runs wait on disk. Next: seedbed runs push", err=True)


def show(
    run: Annotated[str, typer.Argument(help="Id of a run, or the first digits of it (at least 4).")],
    as_json: _AsJson = False,
) -> None:
    """Show one run: parameters, metrics, provenance, artefacts.

    Example: seedbed runs show 1f3a
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json, print_metrics, print_pairs

    settings = _settings()
    record = wiring.archive(settings.tracking, settings.home).get(run)
    if as_json:
        print_json(_facts(record))
        return
    made_by = record.own_tags
    print_pairs(f"run {record.run_id}", _head(record))
    print_pairs("parameters", dict(sorted(record.params.items())))
    print_metrics(dict(sorted(record.metrics.items())))
    print_pairs("made by", dict(sorted(made_by.items())))
    print_pairs(f"artefacts in {record.artifact_uri}", {str(i): name for i, name in enumerate(record.artifacts, 1)})


def push(as_json: _AsJson = False) -> None:
    """Send the runs that were kept on disk because the tracking server was away.

    Exit code 0: nothing waits any more. 1: some runs stay; the output says why.

    Example: seedbed runs push
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json
    from seedbed.tracking.push import PushReport, unsent_runs
    from seedbed.tracking.push import push as push_runs

    settings = _settings()
    report = PushReport(sent=(), kept={})
    if unsent_runs(settings.home):
        report = push_runs(settings.home, wiring.tracking_store(settings.tracking, settings.home))
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        for run_id in report.sent:
            typer.echo(f"sent {run_id}")
        for run_id, reason in report.kept.items():
            typer.echo(f"seedbed: {run_id} stays on disk: {reason}", err=True)
        typer.echo(f"{len(report.sent)} sent, {len(report.kept)} left")
    if report.kept:
        raise typer.Exit(1)


def _refuse_options(context: typer.Context, command: str) -> None:
    """Refuse what stands before the word of a command: it would be ignored."""
    from seedbed.errors import UserError

    sources = {name: context.get_parameter_source(name) for name in context.params}
    given = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    words = [parameter.opts[0] for parameter in context.command.params if parameter.name in given]
    if words:
        raise UserError(
            f"{', '.join(words)} before {command!r} would change nothing; options stand behind it. "
            f"Next: seedbed runs {command} --help"
        )


def _settings() -> "Settings":
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    return settings


def _facts(record: "RunRecord") -> dict[str, object]:
    """Return what a program reads of a run."""
    return {
        **json.loads(record.model_dump_json()),
        "seed": _seed(record.tags),
        "results_digest": record.tags.get("seedbed.results_digest", ""),
        "data_digest": record.tags.get("seedbed.data_digest", ""),
    }


def _seed(tags: Mapping[str, str]) -> int | None:
    text = tags.get("seedbed.seed", "")
    return int(text) if text.isdecimal() else None


def _head(record: "RunRecord") -> dict[str, object]:
    return {
        "experiment": record.experiment,
        "status": record.status,
        "started": f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC",
        "took": _took(record),
    }


def _took(record: "RunRecord") -> str:
    return f"{(record.ended_at - record.started_at).total_seconds():.1f} s" if record.ended_at else "still running"


def _print_table(found: Sequence["RunRecord"]) -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console
    from seedbed.experiments.bounds import results as results_of

    table = Table("run", "experiment", "status", "started (UTC)", "took", "seed", "metrics")
    for record in found:
        results = results_of(record.metrics)
        shown = ", ".join(f"{name} {value:.4g}" for name, value in sorted(results.items())[:_SHOWN_METRICS])
        more = f" and {len(results) - _SHOWN_METRICS} more" if len(results) > _SHOWN_METRICS else ""
        seed, started = record.tags.get("seedbed.seed", "none"), f"{record.started_at:%Y-%m-%d %H:%M:%S}"
        cells = (record.run_id[:8], record.experiment, record.status, started, _took(record), seed, shown + more)
        table.add_row(*map(Text, cells))
    console().print(table)
