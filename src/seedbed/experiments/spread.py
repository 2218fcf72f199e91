"""Say how far a metric moves with the seed.

src/seedbed/experiments/spread.py - v0.1.0

Student's interval, not the bootstrap: from ten values the bootstrap's is a fifth too narrow (decision 14).

```mermaid
flowchart LR
    spread_of --> Spread
    paired_t_test --> PairedTest
    spread_of & paired_t_test --> t_quantile
```
"""

import math
import statistics
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

CONFIDENCE = 0.95


class Spread(BaseModel):
    """A metric over several seeds; the interval is of the mean, None for a single seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float
    std: float
    """Of a single run: the square root of `variance`, which divides by n - 1."""
    variance: float
    low: float | None
    high: float | None
    minimum: float
    maximum: float
    num_seeds: int


class PairedTest(BaseModel):
    """How much higher the second mean is, its 95 % interval, and how often chance alone gives as much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    difference: float
    low: float
    high: float
    p_value: float
    num_pairs: int
    unit: str
    """What was paired: queries or seeds."""
    method: str


def spread_of(values: Sequence[float]) -> Spread:
    """Return mean, spread and Student's 95 % interval of values that differ in their seed only.

    >>> spread_of([1.0, 2.0, 3.0]).std
    1.0
    """
    num = len(values)
    mean = statistics.mean(values)  # exact: equal values have that very mean
    variance = statistics.variance(values) if num > 1 else 0.0
    half = t_quantile(num - 1) * math.sqrt(variance / num) if num > 1 else math.nan
    return Spread(
        mean=mean,
        std=math.sqrt(variance),
        variance=variance,
        low=None if math.isnan(half) else mean - half,
        high=None if math.isnan(half) else mean + half,
        minimum=min(values),
        maximum=max(values),
        num_seeds=num,
    )


def paired_t_test(first: Sequence[float], second: Sequence[float]) -> PairedTest:
    """Compare two groups run with the same seeds, seed by seed: `second` minus `first`, two-sided.

    Raises:
        ValueError: fewer than two pairs, or groups of different size.
    """
    differences = [b - a for a, b in zip(first, second, strict=True)]
    spread = spread_of(differences)
    if spread.low is None or spread.high is None:
        raise ValueError("one pair says nothing about chance")
    if spread.variance == 0:  # every seed gave the same difference
        p_value = 1.0 if spread.mean == 0 else 0.0
    else:
        from scipy.special import stdtr

        t = abs(spread.mean) / math.sqrt(spread.variance / spread.num_seeds)
        p_value = 2 * float(stdtr(spread.num_seeds - 1, -t))
    return PairedTest(
        difference=spread.mean,
        low=spread.low,
        high=spread.high,
        p_value=p_value,
        num_pairs=spread.num_seeds,
        unit="seeds",
        method="Student's paired t",
    )


def t_quantile(degrees: int) -> float:
    """Return how many standard errors the 95 % interval reaches to each side.

    >>> round(t_quantile(9), 4)
    2.2622
    """
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))
