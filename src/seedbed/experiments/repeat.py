"""Run an experiment with several seeds, and say what the seed alone changes.

src/seedbed/experiments/repeat.py - v0.1.0

```mermaid
flowchart LR
    parse_seeds --> UserError
    repeat --> run_group --> ListedSearch
    repeat --> spread_of
    repeat --> RepeatResult
```
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from seedbed.errors import UserError
from seedbed.experiments.bounds import results
from seedbed.experiments.group import Journal, run_group
from seedbed.experiments.search import ListedSearch
from seedbed.experiments.spread import Spread, spread_of
from seedbed.experiments.trial import Plan, Trial
from seedbed.tracking.live_run import Run
from seedbed.tracking.seeds import MAX_SEED

SPREADS_FILE = "spreads.json"
MAX_SEEDS = 1000


class RepeatResult(BaseModel):
    """What several seeds gave; what `seedbed run --seeds --json` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    experiment: str
    metrics: Mapping[str, Spread]
    trials: tuple[Trial, ...]
    num_failed: int


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds of a list of numbers and ranges, both ends included.

    >>> parse_seeds("0-3,7")
    (0, 1, 2, 3, 7)

    Raises:
        UserError: it is no such list, has a seed twice, fewer than two or too many.
    """
    seeds: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*", part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if last < first or last > MAX_SEED or last - first >= MAX_SEEDS:
            raise UserError(
                f"--seeds {text!r}: {part!r} is no seed from 0 to {MAX_SEED}, and no range of at most {MAX_SEEDS} of "
                "them, the lower first. Example: --seeds 0-9, or --seeds 1,5,7"
            )
        seeds += range(first, last + 1)
    if len(seeds) != len(set(seeds)):
        raise UserError(f"--seeds {text!r} has a seed twice: it would count twice. Example: --seeds 0-9")
    if not 2 <= len(seeds) <= MAX_SEEDS:
        raise UserError(
            f"--seeds {text!r} names {len(seeds)}; a spread takes 2 to {MAX_SEEDS}. For one run: --seed {seeds[0]}"
        )
    return tuple(seeds)


def repeat(run: Run, plan: Plan, journal: Journal) -> RepeatResult:
    """Run what is left of the plan, and write what the seeds gave each time one ends."""

    def write() -> RepeatResult:
        result = result_of(run, journal.trials())
        run.log_metrics(_flat(result.metrics), step=len(result.trials) - result.num_failed)
        (run.artifacts / SPREADS_FILE).write_text(result.model_dump_json(indent=2) + "\n", encoding="utf-8")
        run.publish()
        return result

    run_group(run, plan, ListedSearch(plan, journal.trials()), journal, write)
    return write()


def result_of(run: Run, trials: Sequence[Trial]) -> RepeatResult:
    """Return what is known when these trials have ended."""
    return RepeatResult(
        run_id=run.run_id,
        experiment=run.experiment,
        metrics=spreads_of(trials),
        trials=tuple(trials),
        num_failed=sum(trial.state == "failed" for trial in trials),
    )


def spreads_of(trials: Sequence[Trial]) -> dict[str, Spread]:
    """Return the spread of every metric that all finished trials have, the bounds of their own intervals left out."""
    finished = [results(trial.metrics) for trial in trials if trial.state == "finished"]
    names = [name for name in finished[0] if all(name in each for each in finished)] if finished else []
    return {name: spread_of([each[name] for each in finished]) for name in names}


def _flat(spreads: Mapping[str, Spread]) -> dict[str, float]:
    """Return spreads as metrics of the parent: the mean under the metric's own name, its bounds beside it."""
    flat: dict[str, float] = {}
    for name, spread in spreads.items():
        flat |= {name: spread.mean, f"{name}_std": spread.std}
        if spread.low is not None and spread.high is not None:
            flat |= {f"{name}_low": spread.low, f"{name}_high": spread.high}
    return flat
