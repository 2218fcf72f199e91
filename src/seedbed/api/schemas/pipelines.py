"""Describe runs of deployments as they go over the wire.

src/seedbed/api/schemas/pipelines.py - v0.1.0

```mermaid
flowchart LR
    flow_run_status --> FlowRunStatus
    flow_run_status --> FlowRun
```
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from seedbed.orchestration.ports import FlowRun


class FlowRunRequest(BaseModel):
    """What a deployment is started with."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"parameters": {}}]})

    parameters: dict[str, Any] = Field({}, description="laid over those of the deployment; checked by Prefect")


class FlowRunStatus(BaseModel):
    """What became of one run of a deployment."""

    model_version: Literal["v1"] = "v1"
    id: UUID
    state: str = Field(description="SCHEDULED, PENDING, RUNNING, COMPLETED, FAILED, CRASHED, CANCELLED …")
    message: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    links: dict[str, str] = Field(examples=[{"status": "/v1/pipelines/runs/6d1e…"}])


def flow_run_status(run: FlowRun) -> FlowRunStatus:
    """Return a run as it is shown."""
    return FlowRunStatus(
        id=run.id,
        state=run.state,
        message=run.message,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        links={"status": f"/v1/pipelines/runs/{run.id}"},
    )
