"""Run an experiment from the command line.

src/seedbed/cli/commands/run.py - v0.1.0

```mermaid
flowchart LR
    register --> run
    run --> Start
    run --> show_progress
```
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seedbed.progress import show_progress

if TYPE_CHECKING:
    from pydantic import BaseModel

    from seedbed.experiments.define import Experiment
    from seedbed.experiments.run import RunResult
    from seedbed.settings import Settings
    from seedbed.tracking.run import Run

logger = logging.getLogger(__name__)

_INTERRUPTED = 130
_PATIENCE_S = 3600.0
NOTE = "mlflow.note.content"
"""The tag that MLflow's pages show as a run's description."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(run)


def run(
    experiment: Annotated[str, typer.Argument(help="Its name, or path/to/file.py:function.", show_default=False)] = "",
    seed: Annotated[
        int | None, typer.Option(help="Root of every random choice, 0 to 4294967295; default: drawn and recorded.")
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set one key; may be repeated.")
    ] = None,
    config_file: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Start from the config.json of a run.")
    ] = None,
    deterministic: Annotated[
        bool | None,
        typer.Option(
            "--deterministic/--no-deterministic", help="Make equal runs bit-identical; default: when no GPU is visible."
        ),
    ] = None,
    resume: Annotated[str, typer.Option(metavar="RUN", help="Continue a run that was interrupted.")] = "",
    seeds: Annotated[
        str, typer.Option(metavar="0-9", help="Run once per seed; report mean, spread and interval.")
    ] = "",
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Parallel runs, with --seeds; default: one per core, at most 8.")
    ] = None,
    note: Annotated[str, typer.Option(help="Reason for the run; stored with it and shown in its report.")] = "",
    parent: Annotated[str, typer.Option(hidden=True, help="The run of the group that started this one.")] = "",
    report: Annotated[str, typer.Option(hidden=True, help="File that whoever started this run reads.")] = "",
    show_config: Annotated[bool, typer.Option("--show-config", help="Show what can be set; run nothing.")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="List the experiments of this project.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run an experiment: seeded, recorded, and reproducible from the record.

    Example: seedbed run retrieval --seed 7 --set top_k=20
    """
    if show_list or not (experiment or resume):
        _print_list(as_json)
        return
    from seedbed.cli.starting import Start

    start = Start(experiment, seed, config_file, deterministic)
    if resume:
        if overrides or show_config or seeds or start != Start():
            raise typer.BadParameter("--resume takes experiment, seed and settings from its run; give nothing else")
        start = Start.of_run(resume)
    if seeds and not show_config:
        _run_seeds(experiment, seeds, seed, overrides or (), workers, note, as_json)
        return
    if not show_config:
        start = start.begun()
    from seedbed import wiring
    from seedbed.experiments.overrides import resolve
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    chosen = load_experiment(start.experiment)
    config = resolve(chosen.config_model, wiring.sections(settings), overrides or (), start.recorded())
    if show_config:
        _print_config(chosen, config, as_json)
        return
    with _child_of(report):
        how = start.stamps() | ({"parent_run_id": parent or None, "report": Path(report)} if report else {})
        how["tags"] |= {"seedbed.summary": chosen.summary} | ({NOTE: note} if note else {})
        result, costs = _run(chosen, config, settings, **how)
    if as_json:
        from seedbed.cli.output import print_json

        print_json(result.model_dump(mode="json"))
    else:
        _print_result(result, costs, [start.experiment, *(f"--set={given}" for given in overrides or ())])


def _run(
    chosen: "Experiment", config: "BaseModel", settings: "Settings", **how: Any
) -> "tuple[RunResult, Mapping[str, float]]":
    from seedbed import wiring
    from seedbed.experiments.run import run_experiment

    with (
        in_whole_lines() as opened,
        _stdout_kept_for_the_answer(),
        wiring.tracked_run(chosen.name, config, settings=settings, **how) as run,
    ):
        opened.append(run)
        with show_progress(chosen.name) as run.progress:
            return run_experiment(chosen, config, run), run.costs


def _run_seeds(
    experiment: str,
    seeds: str,
    seed: int | None,
    overrides: Sequence[str],
    workers: int | None,
    note: str,
    as_json: bool,
) -> None:
    from seedbed.cli import groups
    from seedbed.errors import UserError
    from seedbed.experiments.plan import plan_seeds

    if seed is not None:
        raise UserError("--seed is one and --seeds are several; keep one of them")
    settings = groups.settings()
    chosen = load_experiment(experiment)
    plan = plan_seeds(chosen, experiment, seeds, overrides, workers or groups.default_workers())
    groups.run_group(chosen, plan, settings, note=note, as_json=as_json)


@contextmanager
def _child_of(report: str) -> Iterator[None]:
    """End when the process that started this run and reads its report is gone; wait for indexes that others use."""
    if not report:
        yield
        return
    import os
    import signal
    import sys
    import threading

    from seedbed.locks import patience

    def watch() -> None:
        while os.read(0, 1):  # the parent writes nothing: this returns when its end of the pipe is closed
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    own = sys.orig_argv.index("--parent")
    del sys.orig_argv[own : own + 4]  # what is recorded is the command that a person repeats the run with
    threading.Thread(target=watch, name="parent", daemon=True).start()
    with patience(_PATIENCE_S):
        yield


@contextmanager
def in_whole_lines() -> "Iterator[list[Run]]":
    """Let people read in whole lines what happened to the run that the block puts into the list."""
    opened: list[Run] = []
    try:
        yield opened
    except BaseException as error:
        if not opened:
            raise
        raise _told(error, opened[0]) from None


def _told(error: BaseException, run: "Run") -> BaseException:
    """Return what to raise instead, so that people read in whole lines what happened and where it is recorded."""
    from seedbed.errors import SeedbedError
    from seedbed.tracking.run import in_one_line

    name = run.run_id[:8]
    closing = f"run {name} is recorded as {run.status}. Next: seedbed runs show {name}"
    if run.status == "RUNNING":
        closing = f"run {name} could not be closed; its files stay in {run.artifacts.parent}"
    if not isinstance(error, Exception):
        typer.echo(f"seedbed: {closing}", err=True)
        return SystemExit(_INTERRUPTED) if isinstance(error, KeyboardInterrupt) else error
    if not isinstance(error, SeedbedError):
        logger.info("experiment_failed", exc_info=error, extra={"experiment": run.experiment, "run": run.run_id})
        error = SeedbedError(f"experiment {run.experiment} failed: {in_one_line(error)}")
    error.add_note(closing)
    return error


@contextmanager
def _stdout_kept_for_the_answer() -> Iterator[None]:
    """Send to stderr what is printed in the block: by Python, by child processes and by C libraries."""
    import ctypes
    import os
    import sys
    from contextlib import redirect_stdout

    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.stdout.flush()
        ctypes.CDLL(None).fflush(None)  # C keeps a buffer of its own, and would empty it into the answer
        os.dup2(kept, 1)
        os.close(kept)


def _print_result(result: "RunResult", costs: Mapping[str, float], words: Sequence[str]) -> None:
    import shlex

    from seedbed.cli.output import print_metrics, print_pairs

    facts = {"run": result.run_id, "seed": result.seed, "data": result.data_digest or "none named"}
    print_pairs(
        f"{result.experiment}: finished",
        {**facts, "results": result.results_digest, "artefacts": result.artifacts, **costs},
    )
    print_metrics(result.metrics)
    typer.echo(f"Next: seedbed runs show {result.run_id[:8]}")
    typer.echo(f"      seedbed run {shlex.join(words)} --seed {result.seed}   (gives the same results digest)")
    typer.echo(f"      seedbed run {shlex.quote(words[0])} --show-config   (what can be set)")


def _print_list(as_json: bool) -> None:
    from rich.table import Table

    from seedbed.cli.output import console, print_json
    from seedbed.errors import UserError
    from seedbed.experiments.discover import NAMED, summaries_in

    folder = project_folder()
    if folder is None:
        raise UserError(
            f"no folder {NAMED.as_posix()}/ here or above, so there is nothing to list; go into the project's folder, "
            "or name a file. Example: seedbed run path/to/file.py:my_experiment"
        )
    summaries = summaries_in(folder)
    if as_json:
        print_json({"experiments": dict(summaries)})
        return
    table = Table("experiment", "what it does")
    for name, summary in summaries.items():
        table.add_row(name, summary)
    console().print(table)
    typer.echo(f"Next: seedbed run {next(iter(summaries), 'NAME')}")


def _print_config(chosen: "Experiment", config: "BaseModel", as_json: bool) -> None:
    from rich.table import Table

    from seedbed.cli.output import console, print_json
    from seedbed.experiments.fields import leaf_keys
    from seedbed.tracking.parameters import as_json as plain
    from seedbed.tracking.parameters import flatten

    values = flatten(config)
    keys = {key: (values.get(key, "null"), field.description or "") for key, field in leaf_keys(chosen.config_model)}
    if as_json:
        told = {key: {"value": value, "meaning": meaning} for key, (value, meaning) in keys.items()}
        facts = {"experiment": chosen.name, "summary": chosen.summary, "config": plain(config), "keys": told}
        print_json(facts)
        return
    table = Table("key", "value", "what it is", title=chosen.summary, title_justify="left")
    for key, (value, meaning) in keys.items():
        table.add_row(key, value, meaning)
    console().print(table)


def load_experiment(name: str) -> "Experiment":
    """Return an experiment; what its file prints when it is imported is no answer."""
    from seedbed.experiments.define import load

    with _stdout_kept_for_the_answer():
        return load(name, project_folder())


def project_folder() -> "Path | None":
    """Return the nearest folder that holds experiments."""
    from pathlib import Path

    from seedbed.experiments.discover import project_folder

    return project_folder(Path.cwd())
