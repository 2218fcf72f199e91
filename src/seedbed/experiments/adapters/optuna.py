"""Search with Optuna's tree-structured Parzen estimator.

src/seedbed/experiments/adapters/optuna.py - v0.1.0

Every candidate gets a sampler of its own, seeded by its number: one that lives on would, in a sweep that was killed,
begin its draws anew and try again what it has tried.

```mermaid
classDiagram
    Search <|-- OptunaSearch
    OptunaSearch ..> Candidate : returns
    OptunaSearch ..> SeedPlan : draws from
```
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final
from weakref import finalize

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from seedbed.experiments.search import Candidate, Search, metric_of
from seedbed.experiments.trial import Axis, Plan, Trial
from seedbed.tracking.seeds import SeedPlan

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_INTERRUPTED = "interrupted"
_STATES = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


@final
class OptunaSearch(Search):
    """One study in an SQLite file; what ran when its process was killed is tried again."""

    def __init__(self, plan: Plan, done: Sequence[Trial], study_name: str, storage: Path) -> None:
        """Open the study, or begin it; `done` are the trials whose end is known."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan = plan
        self._seeds = SeedPlan(root=plan.seeds[0])
        self._space = {axis.key: _distribution(axis) for axis in plan.axes}
        database = optuna.storages.RDBStorage(f"sqlite:///{storage.absolute()}")
        finalize(self, _close, database)
        self._study = optuna.create_study(
            storage=database,
            study_name=study_name,
            direction="minimize" if plan.minimize else "maximize",
            pruner=optuna.pruners.MedianPruner(),
            load_if_exists=True,
        )
        self._running: dict[int, optuna.Trial] = {}
        self._go_on({trial.number: trial for trial in done})

    def ask(self) -> Candidate | None:
        """Return the sampler's next choice, until there were as many as planned."""
        trials = self._study.get_trials(deepcopy=False)
        counted = [each for each in trials if _INTERRUPTED not in each.user_attrs and each.state != TrialState.WAITING]
        if len(counted) >= self._plan.num_trials:
            return None
        self._study.sampler = optuna.samplers.TPESampler(seed=self._seeds.seed(f"sampler-{len(counted)}"))
        trial = self._study.ask(self._space)
        self._running[trial.number] = trial
        return Candidate(
            trial.number, self._plan.seeds[0], {axis.key: _text(trial.params[axis.key]) for axis in self._plan.axes}
        )

    def tell(self, trial: Trial, value: float | None) -> None:
        """Note value or failure; one that finished without the metric has failed as a search goes."""
        state = _STATES[trial.state] if value is not None or trial.state != "finished" else TrialState.FAIL
        self._study.tell(self._running.pop(trial.number), value if state is TrialState.COMPLETE else None, state)

    def _go_on(self, done: Mapping[int, Trial]) -> None:
        """Settle what the process before left open: its end is known, or it is tried again."""
        for left in self._study.get_trials(states=(TrialState.RUNNING,)):
            trial = optuna.Trial(self._study, left._trial_id)
            self._running[left.number] = trial
            if ended := done.get(left.number):
                self.tell(ended, ended.metrics.get(metric_of(self._plan, done.values())))
                continue
            trial.set_user_attr(_INTERRUPTED, True)
            self._study.tell(self._running.pop(left.number), state=TrialState.FAIL)
            self._study.enqueue_trial(left.params)

    def is_hopeless(self, number: int, step: int, value: float) -> bool:
        """Return whether it is worse than the median of the others at this step, five of which have to be there."""
        trial = self._running[number]
        trial.report(value, step)
        return trial.should_prune()


def _close(database: optuna.storages.RDBStorage) -> None:
    database.remove_session()
    database.engine.dispose()


def _distribution(axis: Axis) -> "BaseDistribution":
    if axis.values:
        return CategoricalDistribution(axis.values)
    if axis.is_integer:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.is_log)
    return FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
