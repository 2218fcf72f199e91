"""Say how far a mean over queries can be trusted.

src/seedbed/retrieval/bootstrap.py - v0.1.0

All metrics share the drawn queries, so the intervals of one run describe the same worlds.
The test shifts the differences to a mean of zero: Smucker, Allan and Carterette, CIKM 2007.

```mermaid
flowchart LR
    intervals --> Interval
    paired_difference --> Difference
```
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
_CELLS_PER_BLOCK = 1_000_000
"""Bounds the memory of a block; part of the stream of draws, so a change of it changes the drawn numbers."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over queries and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher the second run's mean is, its 95 % interval, and how often chance alone gives as much."""

    difference: float
    low: float
    high: float
    p_value: float
    num_queries: int


def intervals(
    values: Mapping[str, Floats], rng: np.random.Generator, num_resamples: int = 10_000
) -> dict[str, Interval]:
    """Return a percentile interval for each metric's mean; every array holds one value per query.

    Raises:
        ValueError: no metric, no query, or arrays of different length.
    """
    table = np.stack([np.asarray(column, dtype=np.float64) for column in values.values()], axis=1)
    means = _resampled_means(table, rng, num_resamples)
    low, high = _bounds(means)
    return {name: Interval(float(table[:, i].mean()), float(low[i]), float(high[i])) for i, name in enumerate(values)}


def paired_difference(
    first: Floats, second: Floats, rng: np.random.Generator, num_resamples: int = 10_000
) -> Difference:
    """Compare two runs over the same queries, row by row: `second` minus `first`, two-sided.

    Raises:
        ValueError: no query, or arrays of different length.
    """
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} and {second.shape} values cannot be paired")
    differences = np.asarray(second - first, dtype=np.float64)[:, None]
    observed = float(differences.mean())
    means = _resampled_means(differences, rng, num_resamples)
    low, high = _bounds(means)
    # Rounding must not make an equal deviation count as a smaller one.
    tolerance = 1e-12 + 1e-9 * abs(observed)
    num_as_far = int(np.count_nonzero(np.abs(means[:, 0] - observed) >= abs(observed) - tolerance))
    return Difference(
        difference=observed,
        low=float(low[0]),
        high=float(high[0]),
        p_value=(num_as_far + 1) / (num_resamples + 1),
        num_queries=len(differences),
    )


def _resampled_means(table: Floats, rng: np.random.Generator, num_resamples: int) -> Floats:
    """(num_resamples, metrics) means of rows drawn with replacement from (queries, metrics)."""
    return np.concatenate([table[rows].mean(axis=1) for rows in _draws(len(table), rng, num_resamples)])


def _draws(num_queries: int, rng: np.random.Generator, num_resamples: int) -> Iterator[npt.NDArray[np.int64]]:
    if num_queries == 0:
        raise ValueError("there is no query to draw from")
    per_block = max(1, _CELLS_PER_BLOCK // num_queries)
    for start in range(0, num_resamples, per_block):
        yield rng.integers(num_queries, size=(min(per_block, num_resamples - start), num_queries))


def _bounds(means: Floats) -> tuple[Floats, Floats]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high
