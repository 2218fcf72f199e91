"""Build small home folders with every kind of state in them.

tests/unit/backup/conftest.py - v0.1.0
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seedbed.backup.create import create
from seedbed.backup.snapshot import Database

FILES = {
    "artifacts/ab/artifacts/config.json": b"{}",
    "artifacts/ab/artifacts/deep/uv.lock": b"an artefact, no lock",
    "chroma/chroma.sqlite3": b"points",
    "chroma/5f/link_lists.bin": b"",
    "dead_letter/docs-1.jsonl": b"{}\n",
    "models/hub/m/blobs/77": b"weights",
    "unsent/cd/events.jsonl": b"{}\n",
    "vectors/e/1.parquet": b"PAR1" * 1000,
}
LEFT_BEHIND = {
    "chroma/seedbed.lock": b"1",
    "vectors/e/2.9.partial": b"PA",
    "logs/seedbed.jsonl": b"{}",
    "prefect.db": b"",
}
LEDGER = Database("ledger.db", {"documents": "SELECT count(*) FROM points"})
RUNS = Database("mlflow.db", {"runs": "SELECT count(*) FROM runs"}, "SELECT id FROM runs WHERE status = 'RUNNING'")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a home folder with two runs, one of them running, and one document."""
    folder = tmp_path / "state"
    for name, content in (FILES | LEFT_BEHIND).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    snapshot = folder / "models/hub/m/snapshots/1"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to("../../blobs/77")
    (snapshot / "passwd").symlink_to("/etc/passwd")
    with closing(sqlite3.connect(folder / "ledger.db")) as ledger, ledger:
        ledger.execute("CREATE TABLE points (id)")
        ledger.execute("INSERT INTO points VALUES (1)")
    with closing(sqlite3.connect(folder / "mlflow.db")) as runs, runs:
        runs.execute("PRAGMA journal_mode=WAL")
        runs.execute("CREATE TABLE runs (id, status)")
        runs.executemany("INSERT INTO runs VALUES (?, ?)", [("ab", "FINISHED"), ("ef", "RUNNING")])
    return folder


@pytest.fixture
def back_up(state, tmp_path):
    """Return what backs a home folder up into `backups`."""

    def back_up(home: Path = state, keep: int = 7):
        folder = tmp_path / "backups"
        return create(home, folder, keep=keep, ledger=LEDGER, runs=RUNS, places={}, left_out=(), wait_s=0.3)

    return back_up
