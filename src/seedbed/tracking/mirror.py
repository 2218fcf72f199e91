"""Record runs in a second place as well.

src/seedbed/tracking/mirror.py - v0.1.0

The first place counts: runs are read from it, and the second may go away without a run noticing more than a warning.

```mermaid
classDiagram
    RunTracker <|-- MirroringTracker
    MirroringTracker --> RunTracker : writes to two
    MirroringTracker ..> SeedbedError : catches
```
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import final

from seedbed.errors import SeedbedError
from seedbed.tracking.live_run import now_ms
from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.record import RunBatch, RunStart

logger = logging.getLogger(__name__)


@final
class MirroringTracker(RunTracker):
    """Passes everything to both; each run of the first names the address of its twin in the second."""

    def __init__(self, first: RunTracker, second: RunTracker, tag: str) -> None:
        """Wrap two trackers; `tag` is where the twin's address goes."""
        self._first, self._second, self._tag = first, second, tag
        self._twins: dict[str, str] = {}

    def start(self, start: RunStart) -> str:
        """Open both, or say at once that one of them cannot be."""
        twin = self._second.start(start)
        try:
            run_id = self._first.start(start)
        except BaseException:
            self._second.finish(twin, "FAILED", now_ms())
            raise
        self._twins[run_id] = twin
        address: list[str] = []
        self._mirror(run_id, lambda twin: address.append(self._second.artifact_uri(twin)))
        if address:
            self._first.log(run_id, RunBatch(tags={self._tag: address[0]}, timestamp_ms=now_ms()))
        self._mirror(
            run_id,
            lambda twin: self._second.log(twin, RunBatch(tags={"seedbed.run_id": run_id}, timestamp_ms=now_ms())),
        )
        return run_id

    def log(self, run_id: str, batch: RunBatch) -> None:
        """Write the batch twice."""
        self._first.log(run_id, batch)
        self._mirror(run_id, lambda twin: self._second.log(twin, batch))

    def upload(self, run_id: str, folder: Path) -> None:
        """Send the files twice."""
        self._first.upload(run_id, folder)
        self._mirror(run_id, lambda twin: self._second.upload(twin, folder))

    def finish(self, run_id: str, status: FinalStatus, timestamp_ms: int) -> None:
        """Close both."""
        self._first.finish(run_id, status, timestamp_ms)
        self._mirror(run_id, lambda twin: self._second.finish(twin, status, timestamp_ms))
        self._twins.pop(run_id, None)

    def artifact_uri(self, run_id: str) -> str:
        """Return where the first keeps the run's artefacts."""
        return self._first.artifact_uri(run_id)

    def _mirror(self, run_id: str, send: Callable[[str], None]) -> None:
        twin = self._twins.get(run_id)
        if twin is None:
            return
        try:
            send(twin)
        except SeedbedError as error:
            del self._twins[run_id]
            logger.warning("mirror_dropped", extra={"mirrored_run": run_id, "reason": str(error)})
