"""Describe what a tracking store has not taken yet.

src/seedbed/tracking/spool_event.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Log
    BaseModel <|-- Upload
    BaseModel <|-- Finish
    Log --> RunBatch : holds
```
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from seedbed.tracking.ports import FinalStatus
from seedbed.tracking.record import RunBatch


class Log(BaseModel):
    """A batch that was logged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["log"] = "log"
    batch: RunBatch


class Upload(BaseModel):
    """Files that were uploaded, copied into a folder beside the events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["upload"] = "upload"
    folder: str = Field(pattern=r"^files-\d+$")


class Finish(BaseModel):
    """The end of the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["finish"] = "finish"
    status: FinalStatus
    timestamp_ms: int


type Event = Annotated[Log | Upload | Finish, Field(discriminator="kind")]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
