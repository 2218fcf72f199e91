"""Run an experiment many times: over seeds, or over configurations.

src/seedbed/wiring_groups.py - v0.1.0

```mermaid
flowchart LR
    start_group --> tracked_run --> work
    resume_group --> reopened_run --> work
    work --> repeat & sweep
```
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seedbed import wiring
from seedbed.errors import UserError, not_installed
from seedbed.experiments.group import PLAN_FILE, TRIALS_FILE, Journal
from seedbed.experiments.overrides import resolve
from seedbed.experiments.repeat import RepeatResult, repeat
from seedbed.experiments.search import ListedSearch, Search
from seedbed.experiments.sweep import SweepResult, sweep
from seedbed.experiments.trial import Plan
from seedbed.locks import owned_lock
from seedbed.settings import Settings
from seedbed.tracking.parameters import Json
from seedbed.tracking.run import lock_file

if TYPE_CHECKING:
    from seedbed.experiments.define import Experiment
    from seedbed.tracking.run import Run


@contextmanager
def start_group(chosen: "Experiment", plan: Plan, settings: Settings, tags: Mapping[str, str]) -> Iterator["Run"]:
    """Open the run that is the parent of a group; its plan is kept before the first child starts."""
    check_search(plan)
    # The sections themselves and not their JSON: they say which plug-ins were chosen.
    config = {**vars(resolve(chosen.config_model, wiring.sections(settings), plan.overrides)), **_told(plan)}
    own = {"seedbed.group": plan.kind, "seedbed.group_seeds": " ".join(map(str, plan.seeds))[:500]}
    with (
        wiring.tracked_run(chosen.name, config, seed=plan.seeds[0], settings=settings, tags={**own, **tags}) as run,
        owned_lock(lock_file(settings.home, run.run_id), f"run {run.run_id[:8]}"),
    ):
        Journal(run.artifacts).begin(plan)
        run.publish()
        yield run


@contextmanager
def resume_group(run_id: str, settings: Settings) -> Iterator["Run"]:
    """Open again the parent of a group that was interrupted.

    Raises:
        UserError: the run is no such parent, or has finished.
        WorldError: another process works on it.
    """
    from seedbed.tracking.reopen import reopened_run

    archive = wiring.archive(settings.tracking, settings.home)
    record = archive.get(run_id, artifacts=False)
    if "seedbed.group" not in record.tags:
        raise UserError(
            f"run {record.run_id[:8]} is one run and no group, so there are no others to go on with; groups are "
            "made by seedbed sweep and by seedbed run --seeds. Next: seedbed runs"
        )
    with (
        owned_lock(lock_file(settings.home, record.run_id), f"run {record.run_id[:8]}"),
        reopened_run(
            record.run_id,
            archive=archive,
            tracker=wiring.tracker(settings.tracking, settings.home),
            home=settings.home,
            files=(PLAN_FILE, TRIALS_FILE),
            needed=(PLAN_FILE,),
        ) as run,
    ):
        yield run


def work(run: "Run", settings: Settings, workers: int | None = None) -> RepeatResult | SweepResult:
    """Run what is left of a group that is open, `workers` at a time, or as many as planned."""
    journal = Journal(run.artifacts)
    plan = journal.plan()
    plan = plan.model_copy(update={"num_workers": workers or plan.num_workers})
    if plan.kind == "seeds":
        return repeat(run, plan, journal)
    search: Search = ListedSearch(plan, journal.trials())
    if plan.kind == "optuna":
        check_search(plan)
        from seedbed.experiments.adapters.optuna import OptunaSearch

        search = OptunaSearch(plan, journal.trials(), run.run_id, settings.home / "optuna.db")
    return sweep(run, plan, search, journal)


def _told(plan: Plan) -> dict[str, Json]:
    """Return what a group varies, as parameters of its parent: they differ from those of its children in this."""
    if plan.kind == "seeds":
        return {"group": {"seeds": ",".join(map(str, plan.seeds))}}
    axes: dict[str, Json] = {
        axis.key: ",".join(axis.values) or f"{axis.low:g}:{axis.high:g}{':log' * axis.is_log}" for axis in plan.axes
    }
    goal = f"{'lowest' if plan.minimize else 'highest'} {plan.metric or 'first metric'}"
    return {"group": {"search": plan.kind, "trials": plan.num_trials, "goal": goal, **axes}}


def check_search(plan: Plan) -> None:
    """Raise UserError when what a plan searches with is not installed."""
    from importlib.util import find_spec

    if plan.kind == "optuna" and find_spec("optuna") is None:
        raise not_installed("--search optuna", "optuna", "sweep")
