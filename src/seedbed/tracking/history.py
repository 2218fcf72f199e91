"""Hold how a metric went.

src/seedbed/tracking/history.py - v0.1.0

```mermaid
classDiagram
    NamedTuple <|-- MetricPoint
```
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class MetricPoint(NamedTuple):
    """One value of a metric."""

    step: int
    at: datetime
    value: float


def thinned[T](points: Sequence[T], max_points: int) -> Sequence[T]:
    """Return at most so many of the points, evenly spread, the first and the last among them.

    >>> thinned(range(11), 3)
    [0, 5, 10]
    """
    if len(points) <= max_points:
        return points
    return [points[number * (len(points) - 1) // (max_points - 1)] for number in range(max_points)]
