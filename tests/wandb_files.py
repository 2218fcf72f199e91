"""Read what an offline run of Weights & Biases keeps on disk.

tests/wandb_files.py - v0.1.0

The file is a LevelDB log after 7 bytes of its own: blocks of 32 KiB, records in pieces with a header of 7 bytes.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from seedbed.tracking.record import RunRecord

BLOCK, HEADER = 32768, 7


def records(file: Path) -> Iterator[Any]:
    """Yield the protobuf records of a file."""
    messages: Any = import_module("wandb.proto.wandb_internal_pb2")
    data, place, whole = file.read_bytes(), HEADER, b""
    while place + HEADER <= len(data):
        if BLOCK - place % BLOCK < HEADER:
            place += BLOCK - place % BLOCK
            continue
        size, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        whole += data[place + HEADER : place + HEADER + size]
        place += HEADER + size
        if kind in (1, 4):  # whole, or the last piece
            record = messages.Record()
            record.ParseFromString(whole)
            yield record
            whole = b""


def closed(file: Path) -> list[Any]:
    """Return the records of a closed run; W&B's process, a second one, may still be writing the last of them."""
    deadline = time.monotonic() + 20
    while True:
        found = list(records(file))
        if any(record.HasField("exit") for record in found) or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


class OfflineWandbFiles:
    """Answers like an archive, from the files below a home folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def _folder(self, run_id: str) -> Path:
        (found,) = (self._home / "wandb").glob(f"offline-run-*-{run_id}")
        return found

    def get(self, run_id: str) -> RunRecord:
        """Return the run as it was sent."""
        folder = self._folder(run_id)
        config: dict[str, Any] = {}
        summary: dict[str, Any] = {}
        started, name = 0.0, ""
        for record in closed(folder / f"run-{run_id}.wandb"):
            if record.HasField("run"):
                name, started = record.run.display_name, record.run.start_time.ToSeconds()
            for update in (record.config.update, record.run.config.update):
                config |= {each.key or ".".join(each.nested_key): json.loads(each.value_json) for each in update}
            for item in record.history.item:
                summary[item.key or ".".join(item.nested_key)] = json.loads(item.value_json)
        files = folder / "files"
        return RunRecord(
            run_id=run_id,
            experiment="",
            name=name,
            status=config.get("seedbed.status", "RUNNING"),
            started_at=datetime.fromtimestamp(started, UTC),
            ended_at=None,
            params={key: text for key, text in config.items() if not key.startswith(("_", "seedbed.", "tag/"))},
            metrics={
                key: float(value) for key, value in summary.items() if not key.startswith("_") and key != "seedbed/step"
            },
            tags={key.removeprefix("tag/"): text for key, text in config.items() if isinstance(text, str)},
            artifact_uri=folder.as_uri(),
            artifacts=tuple(str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()),
        )

    def download(self, run_id: str, artifact: str, folder: Path) -> Path:
        """Return where the file lies."""
        return self._folder(run_id) / "files" / artifact
