"""Lay recorded runs beside each other.

src/seedbed/api/schemas/comparison.py - v0.1.0

```mermaid
flowchart LR
    compare --> Comparison
    compare --> RunRecord & differences
```
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from seedbed.api.schemas.experiments import Metric, RunSummary, first, metric, summary
from seedbed.experiments.differences import Facts as Found
from seedbed.experiments.differences import differences
from seedbed.tracking.record import RunRecord

type Facts = dict[str, list[str | None]]

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
    params: Facts = Field(description="those that differ", examples=[{"top_k": ["10", "20"]}])
    num_same_params: int
    code: Facts = Field(description="what differs of it", examples=[{"git.commit": ["61bff10", "09ac2e1"]}])
    data: Facts = Field(description="what differs of it", examples=[{"data_digest": ["8d2a", "77b1"]}])
    environment: Facts = Field(description="what differs of it", examples=[{"python": ["3.12.9", "3.13.0"]}])
    metrics: dict[str, list[Metric | None]] = Field(examples=[{"ndcg_at_10": [0.2871, None]}])


def compare(records: Sequence[RunRecord]) -> Comparison:
    """Return what differs between the runs, and their metrics."""
    found = differences(records)
    metrics = {
        name: [metric(each.metrics[name]) if name in each.metrics else None for each in records]
        for record in records
        for name in record.metrics
    }
    return Comparison(
        runs=[RunSummary(**summary(record)) for record in records],
        params=_facts(found.config),
        num_same_params=found.num_same_config,
        code=_facts(found.code),
        data=_facts(found.data),
        environment=_facts(found.environment),
        metrics=first(metrics),
    )


def _facts(found: Found) -> Facts:
    return {name: list(values) for name, values in first(found).items()}
