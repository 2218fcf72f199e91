"""State which collections can go, and that nothing else goes with them.

tests/unit/indexing/test_unused.py - v0.1.0
"""

import pytest

from seedbed.errors import WorldError
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.unused import drop_unused, unused_collections
from seedbed.locks import owned_lock
from seedbed.stores.adapters.chroma import ChromaStore
from seedbed.stores.config import StoreConfig
from tests.unit.indexing.conftest import documents
from tests.unit.indexing.doubles import HashEmbedder

PLACE = "chroma embedded"


def run(engine, model, **texts):
    engine.embedder = HashEmbedder(model)
    with engine.index(*documents(**texts)) as index:
        return index.bring_up_to_date()


def store(engine):
    return ChromaStore(StoreConfig(), engine.home / "chroma")


def unused(engine, place=PLACE):
    with Ledger(engine.home / "ledger.db") as ledger:
        return unused_collections(ledger, place, engine.home / "vectors")


@pytest.fixture
def three(engine):
    """Three models in a row: the last is what searches see, the second is their way back."""
    return [run(engine, model, a="1", b="2").collection for model in ("first", "second", "third")]


def test_only_what_searches_neither_see_nor_go_back_to_can_go(engine, three):
    (found,) = unused(engine)

    assert (found.collection, found.alias) == (three[0], "test")
    assert found.num_bytes == sum((engine.home / "vectors" / file).stat().st_size for file in found.files) > 0
    assert unused(engine, "qdrant elsewhere") == []


def test_what_goes_is_gone_and_what_stays_is_whole(engine, three):
    (found,) = unused(engine)
    before = set((engine.home / "vectors").rglob("*.parquet"))
    with Ledger(engine.home / "ledger.db") as ledger:
        drop_unused(found, ledger, store(engine), engine.home / "vectors")
        assert ledger.count(three[0]) == (0, 0, 0)
        assert ledger.count(three[1])[:2] == ledger.count(three[2])[:2] == (2, 2)

    assert three[0] not in store(engine).names()
    assert {three[1], three[2]} <= set(store(engine).names())
    assert before - set((engine.home / "vectors").rglob("*.parquet")) == {
        engine.home / "vectors" / file for file in found.files
    }
    assert unused(engine) == []
    assert engine.content() == {"a/0": "1", "b/0": "2"}
    with engine.index(*documents(a="1", b="2")) as index:
        assert index.bring_up_to_date().num_embedded == 0
    assert run(engine, "first", a="1", b="2").num_embedded == 2


def test_index_that_is_written_now_is_left_alone(engine, three):
    (found,) = unused(engine)
    lock = engine.home / "locks" / "test.lock"
    with (
        owned_lock(lock, "index 'test'"),
        Ledger(engine.home / "ledger.db") as ledger,
        pytest.raises(WorldError, match="index 'test' is in use"),
    ):
        drop_unused(found, ledger, store(engine), engine.home / "vectors")
    assert three[0] in store(engine).names()


def test_collection_that_searches_see_again_meanwhile_is_left_alone(engine, three):
    (found,) = unused(engine)
    run(engine, "first", a="1", b="2")
    with Ledger(engine.home / "ledger.db") as ledger:
        drop_unused(found, ledger, store(engine), engine.home / "vectors")

    assert three[0] in store(engine).names()
    assert engine.content() == {"a/0": "1", "b/0": "2"}
