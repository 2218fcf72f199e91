"""Test whether two runs differ by more than chance.

src/seedbed/experiments/paired.py - v0.1.0

```mermaid
flowchart LR
    paired_tests --> compare_per_query
    paired_tests --> paired_t_test
    paired_tests --> PairedTest
    holm --> paired_tests
```
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from seedbed.errors import UserError
from seedbed.experiments.bounds import results
from seedbed.experiments.repeat import SPREADS_FILE, RepeatResult
from seedbed.experiments.spread import PairedTest, paired_t_test
from seedbed.retrieval.compare import compare_per_query
from seedbed.retrieval.per_query import FILE_NAME as PER_QUERY_FILE
from seedbed.tracking.seeds import SeedPlan

NEEDED = (PER_QUERY_FILE, SPREADS_FILE)
"""Artefacts that hold what can be paired."""
_ROOT = 0
"""The test draws from one fixed seed: two comparisons of the same runs say the same."""


def paired_tests(first: Path, second: Path) -> tuple[dict[str, PairedTest], str]:
    """Return a test for each metric of two runs, whose artefacts lie in these folders, and why there is none.

    Runs over several seeds are paired by seed, others by query.
    """
    if all((folder / SPREADS_FILE).exists() for folder in (first, second)):
        return _by_seed(first / SPREADS_FILE, second / SPREADS_FILE)
    if all((folder / PER_QUERY_FILE).exists() for folder in (first, second)):
        return _by_query(first / PER_QUERY_FILE, second / PER_QUERY_FILE)
    return {}, f"nothing can be paired: it takes {PER_QUERY_FILE} of both runs, or both run with --seeds"


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for their number (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _by_query(first: Path, second: Path) -> tuple[dict[str, PairedTest], str]:
    try:
        found = compare_per_query(first, second, SeedPlan(root=_ROOT).generator("compare"))
    except UserError as error:
        return {}, str(error)
    return {
        name: PairedTest(
            difference=each.difference,
            low=each.low,
            high=each.high,
            p_value=each.p_value,
            num_pairs=each.num_queries,
            unit="queries",
            method="paired bootstrap",
        )
        for name, each in found.items()
    }, ""


def _by_seed(first: Path, second: Path) -> tuple[dict[str, PairedTest], str]:
    one, other = _metrics_by_seed(first), _metrics_by_seed(second)
    seeds = sorted(one.keys() & other.keys())
    if len(seeds) < 2:
        return {}, f"the runs share {len(seeds)} seeds, and a test takes two; run both with the same --seeds"
    names = [name for name in one[seeds[0]] if all(name in each[seed] for each in (one, other) for seed in seeds)]
    return {
        name: paired_t_test([one[seed][name] for seed in seeds], [other[seed][name] for seed in seeds])
        for name in names
    }, ""


def _metrics_by_seed(file: Path) -> Mapping[int, Mapping[str, float]]:
    trials = RepeatResult.model_validate_json(file.read_bytes()).trials
    return {trial.seed: results(trial.metrics) for trial in trials if trial.state == "finished"}
