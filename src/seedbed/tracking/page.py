"""Describe one page of recorded runs.

src/seedbed/tracking/page.py - v0.1.0

A token belongs to its query: with another one it would silently leave runs out.

```mermaid
classDiagram
    BaseModel <|-- RunQuery
    BaseModel <|-- RunPage
    RunPage ..> RunRecord : holds
    RunQuery ..> MissingError : raises
```
"""

import base64
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seedbed.digests import digest_json
from seedbed.missing import MissingError
from seedbed.tracking.record import RunRecord

MAX_SIZE = 200
_MAX_OFFSET = 1_000_000
_DIGEST_DIGITS = 8


class RunQuery(BaseModel):
    """Which runs, in which order, how many at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: str | None = Field(None, max_length=500, description="its name; default: all")
    status: Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] | None = None
    order: Literal["newest", "oldest"] = "newest"
    size: int = Field(20, ge=1, le=MAX_SIZE)
    token: str | None = Field(None, max_length=200, description="next_token of the page before")

    def offset(self) -> int:
        """Return where the page begins.

        Raises:
            MissingError: the token is none, or one of another query.
        """
        if self.token is None:
            return 0
        try:
            digest, offset = json.loads(base64.b64decode(self.token, altchars=b"-_", validate=True))
        except (ValueError, TypeError, RecursionError):
            digest, offset = None, None
        if digest != self._digest() or type(offset) is not int or not 0 < offset <= _MAX_OFFSET:
            raise MissingError("the token names no page of this query; ask without one to begin again")
        return offset

    def token_of(self, offset: int) -> str:
        """Return the token of the page that begins there.

        >>> query = RunQuery(experiment="retrieval")
        >>> query.model_copy(update={"token": query.token_of(20)}).offset()
        20
        """
        return base64.urlsafe_b64encode(json.dumps([self._digest(), offset]).encode()).decode()

    def _digest(self) -> str:
        return digest_json(self.model_dump(include={"experiment", "status", "order"}))[:_DIGEST_DIGITS]


class RunPage(BaseModel):
    """Some runs, without the paths of their artefacts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: tuple[RunRecord, ...]
    next_token: str | None
    """Of the page after this one; None when this is the last."""
