"""Describe recorded runs as they go over the wire.

src/seedbed/api/schemas/experiments.py - v0.1.0

A metric that is not finite is text: JSON has no such number.

```mermaid
flowchart LR
    summary --> RunSummary
    RunDetail --> RunSummary
    RunList --> RunSummary
```
"""

import math
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from pydantic import BaseModel, Field

from seedbed.tracking.record import RunRecord

type Metric = float | Literal["NaN", "Infinity", "-Infinity"]

MAX_NAMES = 500
"""Parameters, metrics, facts or artefacts of one run that are shown."""
_RUN_ID = "1f3ac0de1f3ac0de1f3ac0de1f3ac0de"


class RunSummary(BaseModel):
    """One run, in short."""

    run_id: str = Field(examples=[_RUN_ID])
    experiment: str = Field(examples=["retrieval"])
    name: str
    status: str = Field(examples=["FINISHED"])
    started_at: datetime
    ended_at: datetime | None
    seed: str | None = Field(description="as text: it may be longer than a number of JavaScript", examples=["7"])
    metrics: dict[str, Metric] = Field(
        description=f"last value of each, the first {MAX_NAMES} by name", examples=[{"ndcg_at_10": 0.2871}]
    )
    num_metrics: int
    links: dict[str, str] = Field(examples=[{"self": f"/experiments/{_RUN_ID}"}])


class RunDetail(RunSummary):
    """One run, with what made it."""

    params: dict[str, str] = Field(examples=[{"top_k": "20"}])
    num_params: int
    provenance: dict[str, str] = Field(
        description="commit, data, lock, command, hardware and what else was noted",
        examples=[{"git.commit": "61bff10"}],
    )
    artifacts: list[str] = Field(description=f"paths, the first {MAX_NAMES}", examples=[["per_query.parquet"]])
    num_artifacts: int


class RunList(BaseModel):
    """One page of runs."""

    runs: list[RunSummary]
    next_token: str | None = Field(description="pass it as `token` for the next page; null: there is none")


def summary(record: RunRecord) -> dict[str, Any]:
    """Return the fields of a RunSummary."""
    return {
        "run_id": record.run_id,
        "experiment": record.experiment,
        "name": record.name,
        "status": record.status,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "seed": record.tags.get("seedbed.seed"),
        "metrics": {name: metric(value) for name, value in first(record.metrics).items()},
        "num_metrics": len(record.metrics),
        "links": {"self": f"/experiments/{record.run_id}"},
    }


def detail(record: RunRecord) -> RunDetail:
    """Return all that is shown of a run."""
    made_by = record.own_tags
    return RunDetail(
        **summary(record) | {"links": {"self": f"/experiments/{record.run_id}", "artifacts": record.artifact_uri}},
        params=first(record.params),
        num_params=len(record.params),
        provenance=first(made_by),
        artifacts=list(record.artifacts[:MAX_NAMES]),
        num_artifacts=len(record.artifacts),
    )


def metric(value: float) -> Metric:
    """Return a value as JSON can carry it.

    >>> metric(0.5), metric(float("-inf"))
    (0.5, '-Infinity')
    """
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def first[T](named: Mapping[str, T]) -> dict[str, T]:
    """Return the first MAX_NAMES by name."""
    return dict(islice(sorted(named.items()), MAX_NAMES))
