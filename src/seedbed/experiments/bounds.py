"""Tell metrics from the bounds of their intervals.

src/seedbed/experiments/bounds.py - v0.1.0

```mermaid
flowchart LR
    results --> without_bounds
```
"""

from collections.abc import Mapping

_ENDS = ("_low", "_high")


def without_bounds(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics without the bounds of their intervals, `<name>_low` and `<name>_high`.

    >>> without_bounds({"recall": 0.5, "recall_low": 0.4, "recall_high": 0.6, "follow": 1.0})
    {'recall': 0.5, 'follow': 1.0}
    """
    bounds = {f"{name}{end}" for name in metrics for end in _ENDS}
    return {name: value for name, value in metrics.items() if name not in bounds}


def bounds_of(metrics: Mapping[str, float], name: str) -> tuple[float, float] | None:
    """Return the interval that was recorded beside a metric, None where there is none."""
    low, high = (metrics.get(f"{name}{end}") for end in _ENDS)
    return None if low is None or high is None else (low, high)


def results(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return what was measured, without bounds and without what it took (`cost/...`)."""
    return {name: value for name, value in without_bounds(metrics).items() if not name.startswith("cost/")}
