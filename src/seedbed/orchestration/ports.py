"""Start deployments, and see what becomes of them.

src/seedbed/orchestration/ports.py - v0.1.0

```mermaid
classDiagram
    FlowRuns ..> FlowRun : returns
```
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FlowRun:
    """One run of a deployment."""

    id: UUID
    state: str
    """SCHEDULED, PENDING, RUNNING, COMPLETED, FAILED, CRASHED, CANCELLED …"""
    message: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class FlowRuns(ABC):
    """Runs of deployments on one server."""

    @abstractmethod
    def start(self, deployment: str, parameters: Mapping[str, object], once: str | None) -> FlowRun:
        """Schedule a run of `flow/deployment` to begin at once.

        One that was scheduled with the same word `once` is returned instead of a second.

        Raises:
            MissingError: there is no such deployment.
            UserError: it does not take these parameters.
            WorldError: the server does not answer.
        """

    @abstractmethod
    def get(self, run_id: UUID) -> FlowRun:
        """Return what became of a run.

        Raises:
            MissingError: there is no such run.
            WorldError: the server does not answer.
        """

    @abstractmethod
    def check(self) -> None:
        """Raise WorldError when the server does not answer."""
