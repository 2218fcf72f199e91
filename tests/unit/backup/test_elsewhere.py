"""Test that every place which a backup cannot hold is named with the command that saves it.

tests/unit/backup/test_elsewhere.py - v0.1.0
"""

from pathlib import Path

import pytest
from pydantic import SecretStr

from seedbed.backup.elsewhere import kept_elsewhere
from seedbed.stores.config import StoreConfig
from seedbed.tracking.config import TrackingConfig
from tests.declared import declare

HOME = Path("/srv/home")


def test_nothing_is_elsewhere_by_default():
    assert kept_elsewhere(StoreConfig(), TrackingConfig(), HOME) == []
    snapshots = StoreConfig(kind="qdrant", url="http://127.0.0.1:6333/")
    assert kept_elsewhere(snapshots, TrackingConfig(), HOME) == []
    inside = StoreConfig(path=HOME / "chroma"), TrackingConfig(uri=f"sqlite:///{HOME}/mlflow.db")
    assert kept_elsewhere(*inside, HOME) == []


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (StoreConfig(kind="chroma", url="http://127.0.0.1:8000"), "vectors: seedbed index"),
        (StoreConfig(path=Path("/elsewhere")), "chroma in /elsewhere: copy the folder"),
    ],
)
def test_a_store_elsewhere_is_named(store, said):
    [line] = kept_elsewhere(store, TrackingConfig(), HOME)
    assert said in line


def test_store_of_a_plugin_that_is_served_is_named(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(declare(tmp_path, {"seedbed.stores": {"lite": "nowhere:Lite"}}))
    [line] = kept_elsewhere(StoreConfig(kind="lite", url="lite://there"), TrackingConfig(), HOME)
    assert line.startswith("lite at lite://there: save it as its keeper does")


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("https://tracking.example", "on its machine"),
        ("postgresql+psycopg://me:hunter22@db/runs", "pg_dump"),
        ("sqlite:////elsewhere/runs.db", ".backup"),
    ],
)
def test_runs_elsewhere_are_named_without_their_password(uri, said):
    [line] = kept_elsewhere(StoreConfig(), TrackingConfig(uri=uri), HOME)
    assert said in line
    assert "hunter22" not in line


def test_a_ledger_on_a_server_is_named_without_its_password():
    address = SecretStr("postgresql://me:hunter22@db/ledger")
    [line] = kept_elsewhere(StoreConfig(), TrackingConfig(), HOME, address)
    assert "ledger at postgresql://***@db/ledger: pg_dump" in line
