"""Describe a job over many texts.

src/seedbed/api/schemas/ner_job.py - v0.1.0

```mermaid
flowchart LR
    ner_job --> NerJob
    ner_job --> Job & FlowRun & ModelIdentity
```
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from seedbed.api.schemas.ner_model import NerModel, ner_model
from seedbed.ner.entity import ModelIdentity
from seedbed.ner.jobs import Job
from seedbed.orchestration.ports import FlowRun


class NerJob(BaseModel):
    """What became of a job."""

    model_version: Literal["v1"] = "v1"
    id: str
    state: str = Field(description="SCHEDULED, PENDING, RUNNING, COMPLETED, FAILED, CRASHED, CANCELLED …")
    message: str
    num_items: int
    num_done: int
    created_at: datetime
    ended_at: datetime | None
    model: NerModel | None = Field(
        description="which one the worker has: the newest when it began; null: it has not begun"
    )
    links: dict[str, str] = Field(
        description="`status`, and `result` as soon as there is one: JSON lines, a result of POST /v1/ner in each",
        examples=[{"status": "/v1/ner/jobs/6d1e…"}],
    )


def ner_job(job: Job, run: FlowRun, num_done: int, model: ModelIdentity | None) -> NerJob:
    """Return a job as it is shown."""
    status = f"/v1/ner/jobs/{job.id}"
    is_done = num_done == job.num_items and run.state == "COMPLETED"
    return NerJob(
        id=job.id,
        state=run.state,
        message=run.message,
        num_items=job.num_items,
        num_done=num_done,
        created_at=run.created_at,
        ended_at=run.ended_at,
        model=None if model is None else ner_model(model),
        links={"status": status} | ({"result": f"{status}/result"} if is_done else {}),
    )
