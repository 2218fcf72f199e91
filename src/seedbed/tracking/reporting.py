"""Tell whoever waits for a run how far it is.

src/seedbed/tracking/reporting.py - v0.1.0

```mermaid
classDiagram
    RunTracker <|-- ReportingTracker
    ReportingTracker --> RunTracker : wraps
    ReportingTracker ..> RunBatch : reports
```
"""

import json
from pathlib import Path
from typing import final

from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.record import RunBatch, RunStart


@final
class ReportingTracker(RunTracker):
    """Passes everything on, and writes a line of JSON for the run's id and for every step's metrics."""

    def __init__(self, inner: RunTracker, report: Path) -> None:
        """Wrap a tracker; `report` is a file that another process reads as it grows."""
        self._inner = inner
        self._report = report

    def start(self, start: RunStart) -> str:
        """Open the run and tell its id."""
        run_id = self._inner.start(start)
        self._tell({"run_id": run_id})
        return run_id

    def log(self, run_id: str, batch: RunBatch) -> None:
        """Write the batch, and tell its metrics; what it costs is nobody's business, nor what comes out at the end."""
        self._inner.log(run_id, batch)
        if batch.is_last:
            return
        if metrics := {name: value for name, value in batch.metrics.items() if not name.startswith("cost/")}:
            self._tell({"step": batch.step, "metrics": metrics})

    def upload(self, run_id: str, folder: Path) -> None:
        """Keep the files."""
        self._inner.upload(run_id, folder)

    def finish(self, run_id: str, status: FinalStatus, timestamp_ms: int) -> None:
        """Close the run."""
        self._inner.finish(run_id, status, timestamp_ms)

    def artifact_uri(self, run_id: str) -> str:
        """Return where the artefacts can be found."""
        return self._inner.artifact_uri(run_id)

    def _tell(self, fact: object) -> None:
        with self._report.open("a", encoding="utf-8") as file:
            file.write(json.dumps(fact) + "\n")
