"""Run the children of one run, write down each as it ends, and go on from there.

src/seedbed/experiments/group.py - v0.1.0

```mermaid
flowchart LR
    run_group --> Children & Search & Trial
    run_group --> Journal
    run_group --> SeedbedError
```
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

from seedbed.errors import SeedbedError
from seedbed.experiments.children import Children, Ended
from seedbed.experiments.search import Candidate, Search, metric_of
from seedbed.experiments.space import as_overrides
from seedbed.experiments.trial import Plan, Trial
from seedbed.tracking.live_run import Run

logger = logging.getLogger(__name__)

PLAN_FILE, TRIALS_FILE = "plan.json", "trials.jsonl"
_POLL_S = 0.05
_GIVE_UP = 3
"""So many failures before anything finished, and the rest would fail too."""


@final
class Journal:
    """What a group has done: a plan, and a line for every trial that ended."""

    def __init__(self, folder: Path) -> None:
        """Use the folder of the parent's artefacts."""
        self._folder = folder

    def begin(self, plan: Plan) -> None:
        """Write the plan; afterwards the group can go on whatever happens to this process."""
        (self._folder / PLAN_FILE).write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def plan(self) -> Plan:
        """Return the plan."""
        return Plan.model_validate_json((self._folder / PLAN_FILE).read_bytes())

    def trials(self) -> list[Trial]:
        """Return the trials that have ended, by number; of one that was tried again, the last."""
        file = self._folder / TRIALS_FILE
        lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
        ended = [Trial.model_validate_json(line) for line in lines if line.endswith(b"\n")]
        return sorted({trial.number: trial for trial in ended}.values(), key=lambda trial: trial.number)

    def add(self, trial: Trial) -> None:
        """Append a trial; it is on disk when this returns."""
        with (self._folder / TRIALS_FILE).open("ab") as file:
            file.truncate(self._whole_bytes())
            file.write(trial.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _whole_bytes(self) -> int:
        """Return where the last whole line ends: a kill may have torn what follows."""
        path = self._folder / TRIALS_FILE
        return path.read_bytes().rfind(b"\n") + 1


def run_group(run: Run, plan: Plan, search: Search, journal: Journal, write: Callable[[], object]) -> list[Trial]:
    """Run what the search asks for, `plan.num_workers` at a time, and return all trials that ended.

    `write` is called after each, when it is in the journal.

    Raises:
        SeedbedError: the first trials all failed, so the others would too.
    """
    metric = metric_of(plan, journal.trials())
    asked: dict[int, Candidate] = {}
    newest: dict[int, int] = {}
    hopeless: set[int] = set()
    with Children(run.artifacts.parent / "children", run.run_id) as children:
        while True:
            while len(children) < plan.num_workers and (candidate := search.ask()):
                asked[candidate.number] = candidate
                children.start(candidate.number, _words(plan, candidate))
            if not children:
                return journal.trials()
            for number, step, metrics in children.steps():
                if metric in metrics and step > newest.get(number, -1) and number not in hopeless:
                    newest[number] = step
                    if search.is_hopeless(number, step, metrics[metric]):
                        hopeless.add(number)
                        children.stop(number)
            for ended in children.ended():
                trial = _trial(asked[ended.number], ended, was_hopeless=ended.number in hopeless)
                metric = metric or next(iter(trial.metrics), "")
                journal.add(trial)
                search.tell(trial, trial.metrics.get(metric))
                logger.info("trial_ended", extra=trial.model_dump(include={"number", "state", "run_id", "error"}))
                write()
                run.progress(len(journal.trials()), plan.num_trials, "runs")
                _refuse_to_fail_on(journal.trials())
            time.sleep(_POLL_S)


def _words(plan: Plan, candidate: Candidate) -> list[str]:
    settings = (f"--set={override}" for override in (*plan.overrides, *as_overrides(candidate.values)))
    return ["--seed", str(candidate.seed), *settings, "--", plan.experiment]


def _trial(candidate: Candidate, ended: Ended, *, was_hopeless: bool) -> Trial:
    finished = ended.exit_code == 0
    return Trial(
        number=candidate.number,
        seed=candidate.seed,
        values=candidate.values,
        state="finished" if finished else "pruned" if was_hopeless else "failed",
        run_id=ended.run_id,
        metrics=ended.result.get("metrics", {}),
        results_digest=ended.result.get("results_digest", ""),
        error="" if finished or was_hopeless else ended.error,
        seconds=round(ended.seconds, 3),
    )


def _refuse_to_fail_on(trials: Sequence[Trial]) -> None:
    failed = [trial for trial in trials if trial.state == "failed"]
    if len(failed) == len(trials) >= _GIVE_UP:
        raise SeedbedError(f"the first {len(failed)} runs all failed, so the rest was not started: {failed[-1].error}")
