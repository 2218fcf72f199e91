"""Test that one process migrates one database at a time.

tests/unit/test_locks.py - v0.1.0
"""

import pytest
from alembic import command

from seedbed import wiring
from seedbed.indexing.config import IndexingConfig
from seedbed.locks import ONE_MIGRATION
from seedbed.tracking.adapters import mlflow_client
from seedbed.tracking.config import TrackingConfig


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
