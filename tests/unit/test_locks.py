"""State that one process migrates one database at a time, and that runs beside each other wait for a lock.

tests/unit/test_locks.py - v0.1.0
"""

import multiprocessing
import threading

import pytest
from alembic import command

from seedbed import wiring
from seedbed.errors import WorldError
from seedbed.indexing.config import IndexingConfig
from seedbed.locks import ONE_MIGRATION, owned_lock, patience
from seedbed.stores.folder_lock import own_folder
from seedbed.tracking.adapters import mlflow_client
from seedbed.tracking.config import TrackingConfig

_processes = multiprocessing.get_context("spawn")


@pytest.mark.parametrize(
    ("module", "migration", "opening"),
    [
        (command, "upgrade", lambda home: wiring.ledger(IndexingConfig(), home).__enter__()),
        (mlflow_client, "migrate", lambda home: wiring.archive(TrackingConfig(), home)),
    ],
    ids=["ledger", "runs"],
)
def test_a_database_is_not_migrated_while_another_one_is(home, monkeypatch, module, migration, opening):
    was_held = []

    def look(*_):
        was_held.append(ONE_MIGRATION.locked())
        raise ZeroDivisionError

    monkeypatch.setattr(module, migration, look)
    with pytest.raises(ZeroDivisionError):
        opening(home)
    assert was_held == [True]
    assert not ONE_MIGRATION.locked()


def hold(path, held, let_go):
    with owned_lock(path, "it"):
        lock = own_folder(path.parent / "chroma")
        held.set()
        let_go.wait(60)
        lock.release()


@pytest.fixture
def holder(tmp_path):
    """Return the path of a lock that another process holds, with a store's folder, and what makes it let go."""
    held, let_go = _processes.Event(), _processes.Event()
    process = _processes.Process(target=hold, args=(tmp_path / "it.lock", held, let_go))
    process.start()
    assert held.wait(60)
    yield tmp_path / "it.lock", let_go
    let_go.set()
    process.join(60)


def test_lock_that_is_held_is_a_fault_for_strangers_and_waited_for_by_the_patient(holder):
    path, let_go = holder
    with pytest.raises(WorldError, match="it is in use by process"), owned_lock(path, "it"):
        pass
    threading.Timer(0.3, let_go.set).start()
    with patience(60), owned_lock(path, "it"):
        own_folder(path.parent / "chroma", wait_s=0).release()
    with pytest.raises(WorldError), patience(0), owned_lock(path, "it"), owned_lock(path, "it"):
        pass
