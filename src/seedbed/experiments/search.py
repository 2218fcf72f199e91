"""Choose what a sweep tries next.

src/seedbed/experiments/search.py - v0.1.0

```mermaid
classDiagram
    Search <|-- ListedSearch
    Search ..> Candidate : returns
    ListedSearch ..> Trial : is told
```
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, final, override

from seedbed.experiments.space import combinations
from seedbed.experiments.trial import Plan, Trial


class Candidate(NamedTuple):
    """What to run next."""

    number: int
    seed: int
    values: Mapping[str, str]


class Search(ABC):
    """Asked for one candidate after the other, told how each ended."""

    @abstractmethod
    def ask(self) -> Candidate | None:
        """Return what to run next; None when nothing is left."""

    @abstractmethod
    def tell(self, trial: Trial, value: float | None) -> None:
        """Take note of an end; `value` is the metric that is searched for, None where there is none."""

    @abstractmethod
    def is_hopeless(self, number: int, step: int, value: float) -> bool:
        """Take note of a running trial's value, and return whether to stop it now."""


def metric_of(plan: Plan, trials: Iterable[Trial]) -> str:
    """Return what is searched for when these have ended: what the plan names, or the first metric that all have.

    Trials may differ in what they measure: five documents give no nDCG@10. What learns from one trial for the next
    cannot wait for the last one, and stays with the first metric of the first.
    """
    every = [trial.metrics for trial in trials if trial.state == "finished"]
    first = list(every[0]) if every else []
    common = [name for name in first if plan.kind == "optuna" or all(name in each for each in every)]
    return plan.metric or next(iter(common or first), "")


@final
class ListedSearch(Search):
    """Goes through all that was listed, seeds or a grid, and leaves out what is done."""

    def __init__(self, plan: Plan, done: Sequence[Trial]) -> None:
        """Take the trials that ended before; those that failed are tried again."""
        settled = {trial.number for trial in done if trial.state != "failed"}
        every = (Candidate(number, *each) for number, each in enumerate(_listed(plan)))
        self._left = iter([candidate for candidate in every if candidate.number not in settled])

    @override
    def ask(self) -> Candidate | None:
        """Return the next one of the list."""
        return next(self._left, None)

    @override
    def tell(self, trial: Trial, value: float | None) -> None:
        """Learn nothing from it."""

    @override
    def is_hopeless(self, number: int, step: int, value: float) -> bool:
        """Let every one come to its end: all of a list was asked for."""
        return False


def _listed(plan: Plan) -> Iterable[tuple[int, Mapping[str, str]]]:
    if plan.kind == "seeds":
        return ((seed, {}) for seed in plan.seeds)
    return ((plan.seeds[0], values) for values in combinations(plan.axes))
