"""Specify how searches come to see another collection, and the one before again.

tests/unit/indexing/test_switch.py - v0.1.0
"""

import threading

import numpy as np
import pytest

from seedbed.corpora.document import Document
from seedbed.errors import UserError, WorldError
from seedbed.indexing import switch
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import IndexReport, ShardReport
from seedbed.stores import declaration
from seedbed.stores.adapters.chroma import ChromaStore
from seedbed.stores.config import StoreConfig
from seedbed.stores.point import CollectionSpec, Points
from tests.unit.indexing.conftest import Engine, documents
from tests.unit.indexing.doubles import DIMENSION, HashEmbedder

MANY = [Document(id=f"d{i:03}", text=f"text {i}") for i in range(150)]


def run(engine: Engine, *records: Document) -> IndexReport:
    with engine.index(*records) as index:
        return index.bring_up_to_date()


def roll_back(engine: Engine, place: str = "chroma embedded") -> tuple[str, str]:
    store = ChromaStore(StoreConfig(), engine.home / "chroma")
    with Ledger(engine.home / "ledger.db") as ledger:
        return switch.roll_back("test", place, store, ledger)


def seen(engine: Engine) -> str:
    with Ledger(engine.home / "ledger.db") as ledger:
        return ledger.resolve("test")[1]


def two_collections(engine: Engine) -> tuple[str, str]:
    old = run(engine, *documents(a="1", b="2")).collection
    engine.embedder = HashEmbedder("another")
    return old, run(engine, *documents(a="1", b="2")).collection


def test_rolling_back_shows_the_collection_before_and_again_the_one_after(engine: Engine) -> None:
    old, new = two_collections(engine)
    assert roll_back(engine) == (old, new)
    assert seen(engine) == old
    assert engine.content() == {"a/0": "1", "b/0": "2"}
    assert roll_back(engine) == (new, old)
    assert seen(engine) == new


def test_a_payload_declared_anew_is_built_beside_the_old_one_without_embedding(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = run(engine, *documents(a="1", b="2")).collection
    raised = {"documents": declaration.declarations()["documents"].model_copy(update={"schema_version": 2})}
    monkeypatch.setattr(declaration, "declarations", lambda: raised)
    report = run(engine, *documents(a="1", b="2"))
    assert (report.collection == old, report.num_embedded, report.num_upserted) == (False, 0, 2)
    assert seen(engine) == report.collection
    assert roll_back(engine) == (old, report.collection)


def test_the_index_that_was_rolled_back_is_the_newest_one(engine: Engine) -> None:
    two_collections(engine)
    with Ledger(engine.home / "ledger.db") as ledger:
        ledger.point("other", "other--1", "")
        assert ledger.resolve(None)[0] == "other"
    roll_back(engine)
    with Ledger(engine.home / "ledger.db") as ledger:
        assert ledger.resolve(None)[0] == "test"


def test_an_index_without_an_earlier_collection_cannot_go_back(engine: Engine) -> None:
    with pytest.raises(UserError, match="has no earlier collection"):
        roll_back(engine)
    run(engine, *documents(a="1"))
    run(engine, *documents(a="1", b="2"))
    with pytest.raises(UserError, match="has no earlier collection"):
        roll_back(engine)


def test_a_collection_that_is_gone_is_not_gone_back_to(engine: Engine) -> None:
    old, new = two_collections(engine)
    ChromaStore(StoreConfig(), engine.home / "chroma").drop(old)
    with pytest.raises(UserError, match=f"{old}.* no longer in the store"):
        roll_back(engine)
    assert seen(engine) == new


def test_a_collection_in_another_store_is_named_with_that_store(engine: Engine) -> None:
    two_collections(engine)
    with pytest.raises(UserError, match=r"lies in the store 'chroma embedded'.*SEEDBED_STORE__KIND=chroma"):
        roll_back(engine, "qdrant embedded")


def test_nobody_goes_back_while_the_index_is_brought_up_to_date(engine: Engine) -> None:
    two_collections(engine)
    with engine.index() as index, index._locked(), pytest.raises(WorldError, match=r"in use by process \d+"):
        roll_back(engine)


def test_a_collection_that_answers_badly_is_not_switched_to(engine: Engine) -> None:
    engine.shard_chunks = 64
    old = run(engine, *MANY).collection
    engine.embedder = HashEmbedder("another")
    noise = np.random.default_rng(3).normal(size=(len(MANY), DIMENSION)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    with engine.index(*MANY) as index:

        def damaged(shard: Shard) -> ShardReport:
            report = index.run_shard(shard)
            ids = [chunk.point_id for chunk in shard.chunks]
            index._collection.upsert(Points(ids, noise[: len(ids)], [chunk.payload for chunk in shard.chunks]))
            return report

        with pytest.raises(WorldError, match=r"finds 0\.\d+ of the true 10 nearest, .*this one was dropped"):
            index.bring_up_to_date(run_shard=damaged)
    assert seen(engine) == old
    with engine.index(*MANY) as index:
        new = index.bring_up_to_date().collection
    assert seen(engine) == new != old


def test_equal_texts_may_stand_in_for_each_other(engine: Engine) -> None:
    engine.shard_chunks = 64
    same = [Document(id=f"d{i:03}", text=f"text {i % 5}") for i in range(150)]
    run(engine, *same)
    engine.embedder = HashEmbedder("another")
    new = run(engine, *same).collection
    assert seen(engine) == new


def test_searches_never_see_a_half_built_collection(engine: Engine) -> None:
    engine.shard_chunks = 16
    old = run(engine, *MANY).collection
    engine.embedder = HashEmbedder("another")
    store = ChromaStore(StoreConfig(), engine.home / "chroma")  # one client: two cannot be made at the same moment
    probe = np.eye(1, DIMENSION, dtype=np.float32)
    assert store.names() == [old]
    expected = {document.text for document in MANY}
    wrong: list[int] = []
    collections: list[str] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            name = seen(engine)
            [hits] = store.open(CollectionSpec(name, DIMENSION)).search(probe, len(MANY) + 1)
            found = {hit.payload["text"] for hit in hits}
            wrong.extend([len(found)] if found != expected else [])
            collections.append(name)

    searcher = threading.Thread(target=search)
    searcher.start()
    try:
        with engine.index(*MANY) as index:

            def slowly(shard: Shard) -> ShardReport:
                num_before = len(collections)
                report = index.run_shard(shard)
                while len(collections) <= num_before + 1 and searcher.is_alive():
                    done.wait(0.005)
                return report

            new = index.bring_up_to_date(run_shard=slowly).collection
            num_before = len(collections)
            while len(collections) <= num_before + 1 and searcher.is_alive():
                done.wait(0.005)
    finally:
        done.set()
        searcher.join(30)
    assert not wrong
    assert set(collections) == {old, new}
    assert collections == sorted(collections, key=lambda name: name == new)
    assert collections.count(old) >= 10
