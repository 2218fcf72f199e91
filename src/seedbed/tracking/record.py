"""Describe a run on its way into a tracking store and out of it.

src/seedbed/tracking/record.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- RunStart
    BaseModel <|-- RunBatch
    BaseModel <|-- RunRecord
```
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict


class RunStart(BaseModel):
    """What a run is opened with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: str
    name: str = ""
    parent_run_id: str | None = None
    tags: Mapping[str, str] = {}


class RunBatch(BaseModel):
    """What is logged in one go."""

    # A metric may be NaN or infinite, which JSON numbers cannot be.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    params: Mapping[str, str] = {}
    metrics: Mapping[str, float] = {}
    step: int = 0
    timestamp_ms: int
    """When it was measured, not when it was sent."""
    tags: Mapping[str, str] = {}
    is_last: bool = False
    """The run has done its work: whatever these metrics are, ending it now would save nothing."""


class RunRecord(BaseModel):
    """One recorded run."""

    # A metric may be NaN or infinite, which JSON numbers cannot be.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    run_id: str
    experiment: str
    name: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    """The last value of each."""
    tags: Mapping[str, str]
    artifact_uri: str
    artifacts: tuple[str, ...] = ()
    """Paths below `artifact_uri`; filled by `get`, empty in a listing."""

    @property
    def own_tags(self) -> dict[str, str]:
        """The tags that this project sets, without the `seedbed.` in front."""
        return {name.removeprefix("seedbed."): text for name, text in self.tags.items() if name.startswith("seedbed.")}
