"""Stand in for a tracking store where a test asks what was sent, or wants it to be away.

tests/unit/tracking/listing.py - v0.1.0
"""

from pathlib import Path

from seedbed.errors import SeedbedError
from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.record import RunBatch, RunStart


class ListingTracker(RunTracker):
    """Keeps every call in a list; `failure` is raised instead while it is set."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.files: dict[str, bytes] = {}
        self.starts: list[RunStart] = []
        self.failure: SeedbedError | None = None

    def start(self, start: RunStart) -> str:
        self._take("start", start)
        self.starts.append(start)
        return f"{len(self.starts):032x}"

    def log(self, run_id: str, batch: RunBatch) -> None:
        self._take("log", batch)

    def upload(self, run_id: str, folder: Path) -> None:
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self._take("upload", sorted(found))
        self.files |= found

    def finish(self, run_id: str, status: FinalStatus, timestamp_ms: int) -> None:
        self._take("finish", (status, timestamp_ms))

    def artifact_uri(self, run_id: str) -> str:
        self._take("artifact_uri", run_id)
        return f"memory:{run_id}"

    def _take(self, what: str, value: object) -> None:
        if self.failure is not None:
            raise self.failure
        self.calls.append((what, value))

    @property
    def batches(self) -> list[RunBatch]:
        return [value for _, value in self.calls if isinstance(value, RunBatch)]

    @property
    def tags(self) -> dict[str, str]:
        return {name: text for batch in self.batches for name, text in batch.tags.items()}

    @property
    def params(self) -> dict[str, str]:
        return {name: text for batch in self.batches for name, text in batch.params.items()}

    @property
    def status(self) -> str:
        ends = [value[0] for what, value in self.calls if what == "finish" and isinstance(value, tuple)]
        assert len(ends) == 1, f"closed {len(ends)} times"
        return str(ends[0])
