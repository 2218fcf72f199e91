"""Try configurations of an experiment, and say which was best.

src/seedbed/experiments/sweep.py - v0.1.0

```mermaid
flowchart LR
    sweep --> run_group
    sweep --> best_of
    sweep --> SweepResult
    best_of --> Trial
```
"""

import csv
import io
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from seedbed.errors import UserError, unknown_choice
from seedbed.experiments.bounds import results
from seedbed.experiments.group import Journal, run_group
from seedbed.experiments.search import Search, metric_of
from seedbed.experiments.trial import Plan, Trial
from seedbed.tracking.live_run import Run

TABLE_FILE = "trials.csv"


class SweepResult(BaseModel):
    """What a sweep found; what `seedbed sweep --json` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    experiment: str
    metric: str
    direction: Literal["maximize", "minimize"]
    best: Trial | None
    trials: tuple[Trial, ...]


def sweep(run: Run, plan: Plan, search: Search, journal: Journal) -> SweepResult:
    """Run what is left of the plan, and write table and best trial each time one ends.

    Raises:
        UserError: no trial returned the metric that is searched for.
    """

    def write() -> None:
        result = result_of(run, plan, journal.trials())
        (run.artifacts / TABLE_FILE).write_text(_table(result), encoding="utf-8")
        if result.best is not None:
            num_ended = sum(trial.state != "failed" for trial in result.trials)
            run.log_metrics(results(result.best.metrics), step=num_ended)
            run.set_tags({"seedbed.best_run": result.best.run_id, "seedbed.best_by": result.metric})
        run.publish()

    trials = run_group(run, plan, search, journal, write)
    write()
    result = result_of(run, plan, trials)
    known = [name for trial in trials for name in results(trial.metrics)]
    if result.best is None and known:
        raise unknown_choice("metric", plan.metric, set(known), example=f"--metric {known[0]}")
    if result.best is None:
        raise UserError(f"none of {len(trials)} trials finished. Next: seedbed runs show {run.run_id[:8]}")
    return result


def result_of(run: Run, plan: Plan, trials: Sequence[Trial]) -> SweepResult:
    """Return what is known when these trials have ended."""
    metric = metric_of(plan, trials)
    return SweepResult(
        run_id=run.run_id,
        experiment=run.experiment,
        metric=metric,
        direction="minimize" if plan.minimize else "maximize",
        best=best_of(trials, metric, minimize=plan.minimize),
        trials=tuple(trials),
    )


def best_of(trials: Sequence[Trial], metric: str, *, minimize: bool) -> Trial | None:
    """Return the finished trial with the best value; of equals, the one that was asked for first."""
    ranked = in_order(trials, metric, minimize=minimize)
    return ranked[0] if ranked else None


def in_order(trials: Sequence[Trial], metric: str, *, minimize: bool) -> list[Trial]:
    """Return the finished trials that have the metric, best first."""
    finished = [trial for trial in trials if trial.state == "finished" and metric in trial.metrics]
    return sorted(finished, key=lambda trial: trial.metrics[metric] * (1 if minimize else -1))


def _table(result: SweepResult) -> str:
    keys = list(dict.fromkeys(key for trial in result.trials for key in trial.values))
    names = list(dict.fromkeys(name for trial in result.trials for name in results(trial.metrics)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", "run_id", "seed", *keys, *names, "seconds"])
    for trial in result.trials:
        values = [trial.values.get(key, "") for key in keys]
        metrics = [repr(trial.metrics[name]) if name in trial.metrics else "" for name in names]
        writer.writerow([trial.number, trial.state, trial.run_id, trial.seed, *values, *metrics, trial.seconds])
    return text.getvalue()
