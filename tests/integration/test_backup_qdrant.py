"""Lose the home folder and a Qdrant's collections, and get both back from one archive.

tests/integration/test_backup_qdrant.py - v0.1.0
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seedbed import wiring
from seedbed.corpora.document import Document
from seedbed.errors import WorldError
from seedbed.settings import Settings, load_settings
from tests.integration.test_qdrant_loads import MANY, index
from tests.qdrant_rest import SnapshotCalls, qdrant_rest
from tests.qdrant_server import StandIn, qdrant_stand_in


@pytest.fixture
def server() -> Iterator[StandIn]:
    with qdrant_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def rest(server: StandIn) -> Iterator[type[SnapshotCalls]]:
    with qdrant_rest(server) as calls:
        yield calls


@pytest.fixture
def settings(server: StandIn, tmp_path: Path) -> Settings:
    values = {"home": str(tmp_path / "home"), "backup.folder": str(tmp_path / "backups")}
    return load_settings(explicit=values | {"store.kind": "qdrant", "store.url": server.url, "store.timeout_s": "5"})


def filled(server: StandIn, home: Path) -> str:
    with index(server, home) as opened:
        return opened.bring_up_to_date().collection


def content(server: StandIn, name: str) -> list[Any]:
    return server.database.scroll(name, limit=1000, with_vectors=True)[0]


def test_a_served_collection_is_lost_and_restored_with_its_points(
    server: StandIn, rest: type[SnapshotCalls], settings: Settings
) -> None:
    name = filled(server, settings.home)
    before = content(server, name)
    made = wiring.back_up(settings)
    assert made.left_out == ()
    assert rest.packed == {}  # nothing is left behind on the server
    shutil.rmtree(settings.home)
    server.database.delete_collection(name)
    restored = wiring.restore(made.archive, settings.home, settings.store)
    assert restored.collections == (name,)
    assert content(server, name) == before
    assert not (settings.home / "snapshots").exists()
    with index(server, settings.home) as opened:
        report = opened.bring_up_to_date()
        checked = opened.verify()
    assert (report.num_embedded, report.num_upserted, report.num_deleted) == (0, 0, 0)
    assert (checked.num_missing, checked.num_differing, checked.num_foreign) == (0, 0, 0)


@pytest.mark.usefixtures("rest")
def test_a_collection_that_is_there_is_replaced_only_when_that_was_asked_for(
    server: StandIn, settings: Settings
) -> None:
    name = filled(server, settings.home)
    made = wiring.back_up(settings)
    with index(server, settings.home, [*MANY, Document(id="later", text="later")]) as opened:
        opened.bring_up_to_date()
    aside = settings.home.with_name("lost")
    settings.home.rename(aside)
    assert wiring.restore(made.archive, settings.home, settings.store).collections == ()
    assert len(content(server, name)) == 41
    assert wiring.restore(made.archive, settings.home, settings.store, replace=True).collections == (name,)
    assert len(content(server, name)) == 40


@pytest.mark.usefixtures("rest")
def test_snapshots_of_another_server_are_left_in_the_folder_and_named(
    server: StandIn, settings: Settings, tmp_path: Path
) -> None:
    name = filled(server, settings.home)
    made = wiring.back_up(settings)
    other = settings.store.model_copy(update={"url": "http://127.0.0.1:1"})
    restored = wiring.restore(made.archive, tmp_path / "elsewhere", other)
    assert restored.collections == ()
    [line] = restored.left_out
    assert server.url in line
    assert (tmp_path / "elsewhere" / "snapshots" / f"{name}.snapshot").is_file()


@pytest.mark.parametrize(
    ("fault", "told"),
    [({"num_nodes": 3}, "has 3 nodes, and a snapshot holds one of them"), ({"alter": True}, "another sha256")],
)
def test_what_cannot_be_saved_is_named_and_the_rest_is_backed_up(
    server: StandIn, rest: type[SnapshotCalls], settings: Settings, fault: dict[str, Any], told: str
) -> None:
    filled(server, settings.home)
    for name, value in fault.items():
        setattr(rest, name, value)
    made = wiring.back_up(settings)
    [line] = made.left_out
    assert told in line
    assert made.counts["chunks"] == 40
    assert rest.packed == {}


def test_a_server_that_is_away_does_not_stop_a_backup(server: StandIn, settings: Settings) -> None:
    filled(server, settings.home)
    [line] = wiring.back_up(settings).left_out
    assert line.startswith(f"collections, because qdrant at {server.url}: ConnectError")
    assert "fills them from this backup's vectors" in line


@pytest.mark.usefixtures("rest")
def test_collections_that_no_ledger_in_the_home_folder_names_are_said_to_be_left_out(
    server: StandIn, settings: Settings
) -> None:
    filled(server, settings.home)
    (settings.home / "ledger.db").unlink()
    assert wiring.back_up(settings).left_out == (
        "collections in the store's server: no ledger in this backup names one",
    )


def test_a_collection_that_cannot_be_put_back_is_named_after_the_home_folder_is_restored(
    server: StandIn, settings: Settings
) -> None:
    name = filled(server, settings.home)
    with qdrant_rest(server):
        made = wiring.back_up(settings)
    shutil.rmtree(settings.home)
    with pytest.raises(WorldError, match=rf"{settings.home} is restored, but not collection '{name}': .*seedbed index"):
        wiring.restore(made.archive, settings.home, settings.store)
    assert (settings.home / "ledger.db").is_file()
