"""Record runs, and read them back.

src/seedbed/tracking/ports.py - v0.1.0

```mermaid
classDiagram
    RunTracker ..> RunStart : takes
    RunTracker ..> RunBatch : takes
    RunArchive ..> RunRecord : returns
    RunRemover ..> RunRecord : returns
    RunArchive ..> RunPage : returns
    RunArchive ..> MetricPoint : returns
```
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from seedbed.tracking.history import MetricPoint
from seedbed.tracking.page import RunPage, RunQuery
from seedbed.tracking.record import RunBatch, RunRecord, RunStart

type FinalStatus = Literal["FINISHED", "FAILED", "KILLED"]


class RunTracker(ABC):
    """Writes runs. Every call names its run: nothing hangs on a thread, a process or a global."""

    @abstractmethod
    def start(self, start: RunStart) -> str:
        """Open a run and return its id, random and never drawn from a seeded generator."""

    @abstractmethod
    def log(self, run_id: str, batch: RunBatch) -> None:
        """Write parameters, metrics and tags in one request each at most.

        Raises:
            WorldError: the tracking store does not answer; nothing of the batch may be assumed written,
                and sending it again is harmless.
        """

    @abstractmethod
    def upload(self, run_id: str, folder: Path) -> None:
        """Keep every file below the folder as an artefact, under its relative path."""

    @abstractmethod
    def finish(self, run_id: str, status: FinalStatus, timestamp_ms: int) -> None:
        """Close the run, as of when it ended and not of when that was sent."""

    @abstractmethod
    def artifact_uri(self, run_id: str) -> str:
        """Return where the run's artefacts can be found once it is closed."""


class RunArchive(ABC):
    """Reads runs."""

    @abstractmethod
    def get(self, run_id: str, *, artifacts: bool = True) -> RunRecord:
        """Return one run, by its id or by an unambiguous beginning of at least 4 digits of it.

        Its artefacts are listed, so many of them, unless that is not wanted: each of their folders is a question.

        Raises:
            MissingError: there is no such run.
            UserError: it is no id, or there are several.
        """

    @abstractmethod
    def find(self, experiment: str | None = None, limit: int = 20) -> Sequence[RunRecord]:
        """Return the newest runs, newest first.

        Raises:
            MissingError: there is no such experiment.
        """

    @abstractmethod
    def page(self, query: RunQuery) -> RunPage:
        """Return some runs and how to go on; a run that is recorded meanwhile may shift what follows by one.

        Raises:
            MissingError: there is no such experiment, or the token is not one of this query.
        """

    @abstractmethod
    def history(self, run_id: str, metric: str, max_points: int | None = None) -> Sequence[MetricPoint]:
        """Return every value of a metric of one run, by step and then by time.

        Raises:
            MissingError: there is no such run, or it has no such metric.
            UserError: there are more than `max_points`.
        """

    @abstractmethod
    def download(self, run_id: str, artifact: str, folder: Path) -> Path:
        """Fetch one artefact into the folder and return its path.

        Raises:
            UserError: the run has no such artefact.
        """


class RunRemover(ABC):
    """Removes runs for good."""

    @abstractmethod
    def sources_of_models(self) -> Mapping[str, str]:
        """Return the runs that registered models come from, each with the name and version of one."""

    @abstractmethod
    def trash(self) -> Sequence[RunRecord]:
        """Return the runs that somebody has deleted, and that are still there."""

    @abstractmethod
    def remove(self, run_id: str) -> None:
        """Remove a run with its metrics, parameters and artefacts; one that is gone is no error.

        Raises:
            UserError: the store is a server's, which removes runs by itself.
        """
