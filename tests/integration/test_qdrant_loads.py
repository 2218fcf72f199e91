"""Specify how large loads go to Qdrant, by what a stand-in for its server is asked.

tests/integration/test_qdrant_loads.py - v0.1.0

The stand-in shows requests and their order on a real wire; nothing here says how a real Qdrant behaves under load.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import grpc  # type: ignore[import-untyped]
import numpy as np
import pytest
from qdrant_client import models as q

from seedbed.corpora.document import Document
from seedbed.errors import WorldError
from seedbed.indexing.config import IndexConfig, IndexingConfig
from seedbed.indexing.index import Index
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import ShardReport
from seedbed.stores.adapters import qdrant, qdrant_building
from seedbed.stores.adapters.qdrant import QdrantStore
from seedbed.stores.config import StoreConfig
from seedbed.stores.point import CollectionSpec, Payload, Points
from seedbed.stores.ports import Collection
from tests.qdrant_server import StandIn, qdrant_stand_in
from tests.unit.indexing.doubles import HashEmbedder, LineChunker, ListCorpus

DIMENSION = 8
SPEC = CollectionSpec("docs--0123abcd", DIMENSION)
MANY = [Document(id=f"d{i:03}", text=f"text {i}") for i in range(40)]
GREEN, YELLOW, GREY, RED = (q.CollectionStatus(name) for name in ("green", "yellow", "grey", "red"))


@pytest.fixture
def server() -> Iterator[StandIn]:
    with qdrant_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def collection(server: StandIn, tmp_path: Path) -> Collection:
    return opened(server, tmp_path)


def opened(server: StandIn, folder: Path) -> Collection:
    return QdrantStore(StoreConfig(kind="qdrant", url=server.url, timeout_s=5), folder).open(SPEC)


def some_points(num: int, text: str = "") -> Points:
    payloads: list[Payload] = [{"document_id": f"d{i}", "text": text} for i in range(num)]
    return Points(
        [str(UUID(int=i)) for i in range(num)], np.eye(DIMENSION, dtype=np.float32)[np.arange(num) % 8], payloads
    )


@contextmanager
def index(server: StandIn, home: Path, records: Sequence[Document] = MANY, model: str = "hash") -> Iterator[Index]:
    store = StoreConfig(kind="qdrant", url=server.url, timeout_s=5, collection="test")
    with Ledger(home / "ledger.db") as ledger:
        yield Index(
            IndexConfig(store=store, indexing=IndexingConfig(shard_chunks=8)),
            corpus=ListCorpus(records),
            chunker=LineChunker(),
            embedder=HashEmbedder(model),
            store=QdrantStore(store, home / "qdrant"),
            ledger=ledger,
            home=home,
        )


def wait_until_reached(server: StandIn, folder: Path) -> None:
    """Wait for gRPC to try again: in one process, connections to an address share a pause after a failure."""
    for _ in range(100):
        with suppress(WorldError):
            QdrantStore(StoreConfig(kind="qdrant", url=server.url), folder).names()
            return
        time.sleep(0.1)
    raise AssertionError(server.url)


def seen(home: Path) -> str | None:
    with Ledger(home / "ledger.db") as ledger:
        return ledger.target("test")[0]


def test_points_travel_by_grpc_in_requests_of_256_at_most_that_are_waited_for(
    server: StandIn, collection: Collection
) -> None:
    collection.upsert(some_points(600))
    requests = server.of("Upsert")
    assert [len(request.points) for request in requests] == [256, 256, 88]
    assert all(request.wait for request in requests)
    collection.delete(some_points(300).ids)
    assert [request.wait for request in server.of("Delete")] == [True, True]
    assert collection.count() == 300


def test_long_texts_make_smaller_requests(
    server: StandIn, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qdrant, "_BATCH_BYTES", 100_000)
    points = some_points(50, text="ü" * 10_000)
    points.payloads[7]["text"] = "x" * 500_000
    collection.upsert(points)
    sizes = [len(request.points) for request in server.of("Upsert")]
    assert sizes == [4, 3, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2]
    assert all(request.ByteSize() < 100_000 for request in server.of("Upsert") if len(request.points) > 1)


def test_a_new_collection_is_filled_without_a_graph_and_with_its_payload_indexes(
    server: StandIn, collection: Collection
) -> None:
    collection.upsert(some_points(3))
    [created] = server.of("Create")
    assert created.optimizers_config.indexing_threshold == 0
    methods = [method for method, _ in server.requests]
    assert methods.index("CreateFieldIndex") < methods.index("Upsert")
    [indexed] = server.of("CreateFieldIndex")
    assert (indexed.field_name, indexed.wait) == ("document_id", True)


def test_a_payload_index_that_a_kill_prevented_is_made_by_the_next_opening(server: StandIn, tmp_path: Path) -> None:
    server.refused["CreateFieldIndex"] = grpc.StatusCode.UNAVAILABLE
    with pytest.raises(WorldError, match="told to refuse"):
        opened(server, tmp_path)
    server.refused.clear()
    for _ in range(2):
        opened(server, tmp_path)
    assert server.methods()["Create"] == 1
    assert server.methods()["CreateFieldIndex"] == 2
    assert server.indexed[SPEC.name] == {"document_id": q.PayloadSchemaType.KEYWORD}


def test_settling_switches_building_on_once_and_waits_until_the_collection_is_green(
    server: StandIn, collection: Collection
) -> None:
    server.statuses = [YELLOW, YELLOW, GREEN]
    collection.settle()
    assert server.statuses == []
    assert server.thresholds[SPEC.name] == 10_000
    collection.settle()
    assert server.methods()["Update"] == 1


def test_building_that_a_restart_of_the_server_left_pending_is_set_off_again_with_the_threshold_that_is_there(
    server: StandIn, collection: Collection
) -> None:
    server.thresholds[SPEC.name] = 77
    server.statuses = [GREY, YELLOW, GREEN]
    collection.settle()
    assert [update.optimizers_config.indexing_threshold for update in server.of("Update")] == [77]


def test_a_wait_is_logged_and_given_up_when_nothing_moves(
    server: StandIn, collection: Collection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(qdrant_building, "_LONGEST_STILL_S", 0.3)
    monkeypatch.setattr(qdrant_building, "_LOG_EVERY_S", 0.1)
    server.statuses = [YELLOW] * 1000
    with caplog.at_level(logging.INFO), pytest.raises(WorldError, match="is yellow and .* has not grown"):
        collection.settle()
    assert "store_index_building" in caplog.messages


@pytest.mark.parametrize(("status", "error", "told"), [(RED, None, "red"), (GREEN, "no space left", "no space left")])
def test_an_index_that_cannot_be_built_is_said_with_the_servers_reason(
    server: StandIn, collection: Collection, status: q.CollectionStatus, error: str | None, told: str
) -> None:
    server.statuses, server.optimizer_error = [status] * 3, error
    with pytest.raises(WorldError, match=f"cannot be indexed by Qdrant: {told}"):
        collection.settle()


def test_searches_see_a_collection_only_after_its_index_is_built(server: StandIn, tmp_path: Path) -> None:
    with index(server, tmp_path) as first:
        old = first.bring_up_to_date().collection
    server.statuses = [YELLOW, RED]
    with index(server, tmp_path, model="another") as second, pytest.raises(WorldError, match="cannot be indexed"):
        second.bring_up_to_date()
    assert seen(tmp_path) == old
    server.statuses = [YELLOW, GREEN]
    with index(server, tmp_path, model="another") as second:
        report = second.bring_up_to_date()
    assert server.statuses == []
    assert seen(tmp_path) == report.collection != old
    assert report.num_embedded == 0


def test_a_server_that_dies_in_a_bulk_load_is_named_and_the_next_run_finishes_load_and_index(
    server: StandIn, tmp_path: Path
) -> None:
    with index(server, tmp_path) as first:

        def dies(shard: Shard) -> ShardReport:
            if shard.number == 2:
                server.die()
            return first.run_shard(shard)

        with pytest.raises(WorldError, match=rf"qdrant at {server.url}: .*seedbed doctor"):
            first.bring_up_to_date(run_shard=dies)
        name = first.collection_name
    assert (seen(tmp_path), server.thresholds[name]) == (None, 0)
    server.start()
    wait_until_reached(server, tmp_path)
    with index(server, tmp_path) as second:
        report = second.bring_up_to_date()
        checked = second.verify()
    assert (report.num_upserted, server.database.count(name).count) == (24, 40)
    assert (checked.num_points, checked.num_missing, checked.num_foreign) == (40, 0, 0)
    assert (seen(tmp_path), server.thresholds[name]) == (name, 10_000)


def test_a_server_that_refuses_writes_keeps_what_it_has_and_gets_the_rest_later(
    server: StandIn, tmp_path: Path
) -> None:
    with index(server, tmp_path) as first:

        def full(shard: Shard) -> ShardReport:
            if shard.number == 1:
                server.refused["Upsert"] = grpc.StatusCode.RESOURCE_EXHAUSTED
            return first.run_shard(shard)

        with pytest.raises(WorldError, match="told to refuse"):
            first.bring_up_to_date(run_shard=full)
    server.refused.clear()
    with index(server, tmp_path) as second:
        assert second.bring_up_to_date().num_upserted == 32


def test_a_run_that_changes_nothing_asks_little_and_writes_nothing(server: StandIn, tmp_path: Path) -> None:
    for _ in range(2):
        server.requests.clear()
        with index(server, tmp_path) as again:
            again.bring_up_to_date()
    assert not {"Create", "Update", "Upsert", "Delete", "CreateFieldIndex"} & server.methods().keys()
    assert server.methods().total() <= 10
