"""Hold what a tracking store has not taken, in order, through a crash.

src/seedbed/tracking/unsent.py - v0.1.0

One folder a run: its events, one a line, copies of its files, and beside it a lock held by the process that writes.

```mermaid
classDiagram
    Spool ..> Event : appends
    Spool --> FileLock : holds
    Spool ..> WorldError : raises
```
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from seedbed.errors import UserError, WorldError
from seedbed.tracking.live_run import now_ms
from seedbed.tracking.ports import RunTracker
from seedbed.tracking.spool_event import EVENT, Event, Finish, Log, Upload


def unsent_folder(home: Path) -> Path:
    """Return where the runs lie that a tracking store has not taken whole."""
    return home / "unsent"


def refuse_unsent(home: Path, run_id: str) -> None:
    """Raise UserError where a run's results wait on disk: sent later, they would overwrite what it has got since."""
    if (unsent_folder(home) / run_id).is_dir():
        raise UserError(
            f"what came out of run {run_id[:8]} waits on disk, and the tracking store does not know it. "
            "Next: seedbed runs push"
        )


class Spool:
    """The unsent rest of one run, owned by one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, new or left by another process.

        Raises:
            WorldError: another process still writes it, or the disk refuses.
        """
        self.folder = folder
        self._events = folder / "events.jsonl"
        # Not bound to a thread: a run may be closed by another one than opened it.
        self._lock = FileLock(folder.with_suffix(".lock"), thread_local=False)
        with _disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise WorldError(f"run {folder.name} is still being written by another process") from None

    def close(self) -> None:
        """Let the next process have it."""
        self._lock.release()
        if not self.folder.exists():
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def append(self, event: Event) -> None:
        """Add an event; it is on the disk when this returns."""
        with _disk_errors(self.folder), self._events.open("ab") as file:
            file.write(_line(event))
            file.flush()
            os.fsync(file.fileno())

    def copy(self, source: Path) -> str:
        """Copy a folder beside the events and return its name there."""
        with _disk_errors(self.folder):
            number = sum(1 for path in self.folder.glob("files-*")) + 1
            name = f"files-{number}"
            shutil.copytree(source, self.folder / name)
        return name

    def replay(self, tracker: RunTracker) -> bool:
        """Send the events in order and remove the folder; at a refusal, keep what was not accepted and pass it on.

        A run whose process ended without closing it is closed as KILLED. Returns False where there was nothing to send:
        another process was faster, or was killed while it removed what it had sent.
        """
        events = list(self._pending())
        if not events:
            shutil.rmtree(self.folder, ignore_errors=True)
            return False
        if not any(isinstance(event, Finish) for event in events):
            events.append(Finish(status="KILLED", timestamp_ms=_last_ms(events)))
        for number, event in enumerate(events):
            try:
                self._send(event, tracker)
            except BaseException:
                self._keep_only(events[number:])
                raise
        self._events.unlink()  # first: from here on there is nothing to send
        shutil.rmtree(self.folder, ignore_errors=True)
        return True

    def _send(self, event: Event, tracker: RunTracker) -> None:
        run_id = self.folder.name
        match event:
            case Log():
                tracker.log(run_id, event.batch)
            case Upload():
                tracker.upload(run_id, self.folder / event.folder)
            case Finish():
                tracker.finish(run_id, event.status, event.timestamp_ms)

    def _pending(self) -> Iterator[Event]:
        lines = self._events.read_bytes().splitlines() if self._events.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                yield EVENT.validate_json(line)
            except ValidationError:
                if number < len(lines):
                    raise WorldError(f"{self._events} line {number} is damaged; mend or remove that line") from None

    def _keep_only(self, events: Sequence[Event]) -> None:
        kept = {event.folder for event in events if isinstance(event, Upload)}
        rest = self._events.with_suffix(".part")
        with rest.open("wb") as file:
            file.writelines(_line(event) for event in events)
            file.flush()
            os.fsync(file.fileno())
        rest.replace(self._events)
        for folder in self.folder.glob("files-*"):
            if folder.name not in kept:
                shutil.rmtree(folder)


def _line(event: Event) -> bytes:
    # By its own model: the adapter of a union writes NaN as null, whatever the batch is configured to.
    return event.model_dump_json().encode() + b"\n"


def _last_ms(events: Sequence[Event]) -> int:
    return max((event.batch.timestamp_ms for event in events if isinstance(event, Log)), default=now_ms())


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WorldError(
            f"cannot keep the run in {folder}: {error.strerror or error}; free space, or set SEEDBED_HOME"
        ) from error
