"""Keep a run on disk when the tracking store goes away under it.

src/seedbed/tracking/spool.py - v0.1.0

```mermaid
classDiagram
    RunTracker <|-- SpoolingTracker
    SpoolingTracker --> RunTracker : wraps
    SpoolingTracker --> Spool : falls back to
    SpoolingTracker ..> WorldError : catches
```
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import final

from seedbed.errors import WorldError
from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.record import RunBatch, RunStart
from seedbed.tracking.spool_event import Finish, Log, Upload
from seedbed.tracking.unsent import Spool, unsent_folder

logger = logging.getLogger(__name__)


@final
class SpoolingTracker(RunTracker):
    """Passes everything on until a run's first failure; the rest of that run goes to disk, in order.

    Opening a run is never spooled: a store that is away then is said before hours of work, not after.
    """

    def __init__(self, inner: RunTracker, home: Path) -> None:
        """Wrap a tracker; `home` is where unsent runs are kept."""
        self._inner = inner
        self._home = home
        self._spools: dict[str, Spool] = {}

    def start(self, start: RunStart) -> str:
        """Open the run, or say at once that it cannot be."""
        return self._inner.start(start)

    def log(self, run_id: str, batch: RunBatch) -> None:
        """Write the batch, or keep it."""
        self._pass_on(run_id, lambda: self._inner.log(run_id, batch), lambda spool: spool.append(Log(batch=batch)))

    def upload(self, run_id: str, folder: Path) -> None:
        """Send the files, or keep a copy of them."""
        self._pass_on(
            run_id,
            lambda: self._inner.upload(run_id, folder),
            lambda spool: spool.append(Upload(folder=spool.copy(folder))),
        )

    def finish(self, run_id: str, status: FinalStatus, timestamp_ms: int) -> None:
        """Close the run, or keep that it ended and say how to send it."""
        self._pass_on(
            run_id,
            lambda: self._inner.finish(run_id, status, timestamp_ms),
            lambda spool: spool.append(Finish(status=status, timestamp_ms=timestamp_ms)),
        )
        spool = self._spools.pop(run_id, None)
        if spool is not None:
            spool.close()
            logger.warning(
                "run_kept_on_disk",
                extra={"spooled_run": run_id, "folder": str(spool.folder), "next": "seedbed runs push"},
            )

    def artifact_uri(self, run_id: str) -> str:
        """Return where the artefacts are, or where they are kept until they are sent."""
        with suppress(WorldError):
            if run_id not in self._spools:
                return self._inner.artifact_uri(run_id)
        return (unsent_folder(self._home) / run_id).absolute().as_uri()

    def _pass_on(self, run_id: str, send: Callable[[], None], keep: Callable[[Spool], None]) -> None:
        spool = self._spools.get(run_id)
        if spool is None:
            try:
                send()
                return
            except WorldError as error:
                spool = self._spools[run_id] = Spool(unsent_folder(self._home) / run_id)
                logger.warning("tracking_store_away", extra={"spooled_run": run_id, "reason": str(error)})
        keep(spool)
