"""Lay recorded runs beside each other.

src/seedbed/api/schemas/comparison.py - v0.1.0

```mermaid
flowchart LR
    compare --> Comparison
    compare --> RunRecord
```
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from seedbed.api.schemas.experiments import Metric, RunSummary, first, metric, summary
from seedbed.tracking.record import RunRecord

RUN_ID = "^[0-9a-f]{4,32}$"


class RunIds(BaseModel):
    """Which runs are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: list[Annotated[str, StringConstraints(pattern=RUN_ID)]] = Field(
        min_length=2, max_length=10, description="id of a run, or 4 of its digits or more; repeated"
    )


class Comparison(BaseModel):
    """Several runs: position i of every list belongs to run i; null where a run has none."""

    runs: list[RunSummary]
    params: dict[str, list[str | None]] = Field(description="those that differ", examples=[{"top_k": ["10", "20"]}])
    num_same_params: int
    metrics: dict[str, list[Metric | None]] = Field(examples=[{"ndcg_at_10": [0.2871, None]}])


def compare(records: Sequence[RunRecord]) -> Comparison:
    """Return what differs between the runs, and their metrics."""
    params = {name: [record.params.get(name) for record in records] for record in records for name in record.params}
    differing = {name: values for name, values in params.items() if len(set(values)) > 1}
    metrics = {
        name: [metric(each.metrics[name]) if name in each.metrics else None for each in records]
        for record in records
        for name in record.metrics
    }
    return Comparison(
        runs=[RunSummary(**summary(record)) for record in records],
        params=first(differing),
        num_same_params=len(params) - len(differing),
        metrics=first(metrics),
    )
