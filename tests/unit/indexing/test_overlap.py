"""Specify how one shard is stored while the next one is embedded.

tests/unit/indexing/test_overlap.py - v0.1.0
"""

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, final

import pytest

from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Corpus
from seedbed.embedding.ports import Embeddings
from seedbed.errors import WorldError
from seedbed.indexing.encode import Encoded
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import ShardReport
from seedbed.indexing.workers import ThreadWorker, Workers
from tests.unit.indexing.conftest import Engine, documents

MANY = [Document(id=f"d{i:03}", text=f"text {i}") for i in range(640)]
PATIENCE_S = 20


@final
class Counted(Corpus):
    """Counts how far it has been read."""

    num_read = 0

    def documents(self) -> Iterator[Document | Rejection]:
        """Yield many documents."""
        for document in MANY:
            self.num_read += 1
            yield document


@final
class Watched(Workers):
    """Passes everything on to another, and remembers it."""

    def __init__(self, inner: Workers) -> None:
        self.inner = inner
        self.futures: list[Future[Encoded]] = []
        self.second = threading.Event()

    def submit(self, texts: Mapping[str, str]) -> Future[Encoded]:
        """Pass it on."""
        self.futures.append(self.inner.submit(texts))
        if len(self.futures) == 2:
            self.futures[1].add_done_callback(lambda _: self.second.set())
        return self.futures[-1]


@pytest.fixture
def engine(engine: Engine) -> Engine:
    engine.shard_chunks = 16
    return engine


def watched(engine: Engine) -> Watched:
    return Watched(ThreadWorker(engine.embedder, engine.home / "vectors"))


def test_the_next_shard_is_embedded_while_this_one_is_stored(engine: Engine) -> None:
    workers = watched(engine)
    with engine.index(*MANY[:64], workers=workers) as index:

        def wait_for_the_next(shard: Shard) -> ShardReport:
            assert workers.second.wait(PATIENCE_S)
            return index.run_shard(shard)

        index.bring_up_to_date(run_shard=wait_for_the_next)


def test_no_more_than_two_shards_for_each_worker_are_under_way(engine: Engine) -> None:
    workers = watched(engine)
    stored = 0
    under_way: list[int] = []
    with engine.index(*MANY, workers=workers) as index:

        def count(shard: Shard) -> ShardReport:
            nonlocal stored
            under_way.append(len(workers.futures) - stored)
            stored += 1
            return index.run_shard(shard)

        index.bring_up_to_date(run_shard=count)
    assert len(under_way) == len(MANY) // 16
    assert set(under_way[:-1]) == {2}


def test_the_first_shard_is_stored_long_before_the_corpus_has_been_read(engine: Engine) -> None:
    corpus = Counted()
    read: list[int] = []
    with engine.index(corpus=corpus) as index:

        def note(shard: Shard) -> ShardReport:
            report = index.run_shard(shard)
            read.append(corpus.num_read)
            return report

        index.bring_up_to_date(run_shard=note)
    assert read[0] < len(MANY) / 2
    assert read[-1] == len(MANY)


def test_a_fault_of_the_store_stops_the_embedding_and_loses_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = watched(engine)
    with engine.index(*MANY, workers=workers) as index:
        embed = engine.embedder.embed

        def slowly(texts: list[str]) -> Embeddings:
            time.sleep(0.3)
            return embed(texts)

        def fail(*_: object) -> None:
            raise WorldError("store is away")

        def away(shard: Shard) -> ShardReport:
            if shard.number == 2:
                monkeypatch.setattr(engine.embedder, "embed", slowly)
            if shard.number == 3:
                monkeypatch.setattr(index.run_shard, "_upsert", fail)
            return index.run_shard(shard)

        with pytest.raises(WorldError, match="store is away"):
            index.bring_up_to_date(run_shard=away)
        assert len(workers.futures) <= 5
        assert all(future.done() for future in workers.futures)
    monkeypatch.undo()
    with engine.index(*MANY) as index:
        report = index.bring_up_to_date()
    assert (report.num_upserted, report.num_chunks) == (len(MANY) - 3 * 16, len(MANY))
    assert len(engine.content()) == len(MANY)


def test_a_fault_of_the_encoder_is_raised_after_the_shards_before_it_are_in(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.index(*MANY) as index:
        embed = engine.embedder.embed

        def breaks(texts: list[str]) -> object:
            if "text 50" in texts:
                raise WorldError("the model is gone")
            return embed(texts)

        monkeypatch.setattr(engine.embedder, "embed", breaks)
        with pytest.raises(WorldError, match="the model is gone"):
            index.bring_up_to_date()
        assert index._ledger.count(index.collection_name)[1] == 48
    monkeypatch.undo()
    with engine.index(*MANY) as index:
        assert index.bring_up_to_date().num_upserted == len(MANY) - 48


def test_trying_a_shard_again_after_the_store_failed_embeds_nothing_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.index(*MANY[:32]) as index:
        upsert, faults = index.run_shard._upsert, [WorldError("store is away")]

        def fails_once(*arguments: Any) -> None:
            if faults:
                raise faults.pop()
            upsert(*arguments)

        def again(shard: Shard) -> ShardReport:
            try:
                return index.run_shard(shard)
            except WorldError:
                return index.run_shard(shard)

        monkeypatch.setattr(index.run_shard, "_upsert", fails_once)
        index.bring_up_to_date(run_shard=again)
    assert not faults
    assert sorted(engine.embedder.texts) == sorted(document.text for document in MANY[:32])


def test_a_text_that_stands_in_two_shards_under_way_is_embedded_once(engine: Engine) -> None:
    engine.shard_chunks = 1
    with engine.index(*documents(a="same", b="same", c="other")) as index:
        report = index.bring_up_to_date()
    assert sorted(engine.embedder.texts) == ["other", "same"]
    assert (report.num_embedded, report.num_reused, report.num_chunks) == (2, 1, 3)


def test_a_bad_text_that_stands_in_two_shards_under_way_costs_both_documents(engine: Engine) -> None:
    engine.shard_chunks = 1
    engine.embedder.poison = "bad"
    with engine.index(*documents(a="bad", b="bad", c="good")) as index:
        report = index.bring_up_to_date()
    assert report.num_rejected == 2
    assert set(engine.content()) == {"c/0"}


def test_vectors_that_stay_where_they_were_made_are_read_from_their_file(engine: Engine) -> None:
    @final
    class Elsewhere(Workers):
        def submit(self, texts: Mapping[str, str]) -> Future[Encoded]:
            future: Future[Encoded] = Future()
            here = ThreadWorker(engine.embedder, engine.home / "vectors").submit(texts).result()
            future.set_result(replace(here, vectors=None))
            return future

    with engine.index(*MANY[:20], workers=Elsewhere()) as index:
        report = index.bring_up_to_date()
    assert (report.num_embedded, report.num_chunks) == (20, 20)
    assert len(engine.content()) == 20
