"""Describe what agents ask about recorded runs.

src/seedbed/mcp_server/run_questions.py - v0.1.0

```mermaid
classDiagram
    RunQuery <|-- RunsAsked
    RunChoice <|-- HistoryAsked
    BaseModel <|-- AuditAsked
```
"""

from pydantic import BaseModel, ConfigDict, Field

from seedbed.mcp_server.tool import RunChoice
from seedbed.tracking.page import RunQuery


class RunsAsked(RunQuery):
    """Which runs, in which order, how many at once."""

    size: int = Field(20, ge=1, le=20)


class HistoryAsked(RunChoice):
    """One metric of one run."""

    metric: str = Field(min_length=1, max_length=250, description="its name, as show_run has it")


class AuditAsked(BaseModel):
    """Which runs are audited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str | None = Field(
        "7d", max_length=40, description="2026-11-01, or 12h, 7d, 4w before now; null: all, which may take long"
    )
