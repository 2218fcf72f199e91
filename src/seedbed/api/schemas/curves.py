"""Describe how a metric went, as it goes over the wire.

src/seedbed/api/schemas/curves.py - v0.1.0

```mermaid
flowchart LR
    history --> History --> Point
    history --> MetricPoint & thinned
```
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from seedbed.api.schemas.experiments import Metric, metric
from seedbed.tracking.history import MetricPoint, thinned

MAX_READ, MAX_POINTS = 100_000, 500
"""So many values of a metric are read, and so many shown: more than a screen has room for."""


class Point(BaseModel):
    """One value."""

    step: int
    at: datetime
    value: Metric


class History(BaseModel):
    """The values of one metric of one run, by step."""

    metric: str
    num_points: int
    points: list[Point] = Field(description=f"at most {MAX_POINTS}")


def history(name: str, points: Sequence[MetricPoint]) -> History:
    """Return a history as it is shown."""
    shown = [Point(step=each.step, at=each.at, value=metric(each.value)) for each in thinned(points, MAX_POINTS)]
    return History(metric=name, num_points=len(points), points=shown)
