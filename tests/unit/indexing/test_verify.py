"""Specify how a store that was tampered with is found out and mended.

tests/unit/indexing/test_verify.py - v0.1.0
"""

from uuid import UUID

import numpy as np
import pytest

from seedbed.corpora.document import Document
from seedbed.errors import UserError, WorldError
from seedbed.indexing.chunks import point_id
from seedbed.indexing.verify import VerifyReport
from seedbed.stores.point import Payload, Points
from tests.unit.indexing.conftest import Engine, documents
from tests.unit.indexing.doubles import DIMENSION

FOUR = documents(a="1", b="2", c="3", d="4")
VECTOR = np.eye(1, DIMENSION, dtype=np.float32)


def run(engine: Engine, *records: Document) -> None:
    with engine.index(*records) as index:
        index.bring_up_to_date()


def verify(engine: Engine, *records: Document) -> VerifyReport:
    with engine.index(*records) as index:
        return index.verify()


def test_a_sound_index_is_left_alone_and_its_corpus_unread(engine: Engine) -> None:
    run(engine, *FOUR)
    report = verify(engine)
    assert (report.num_points, report.num_missing, report.num_differing, report.num_foreign) == (4, 0, 0, 0)
    assert (report.num_repaired, report.num_left) == (0, 0)


def test_lost_points_come_back_from_the_vectors_on_disk(engine: Engine) -> None:
    run(engine, *FOUR)
    engine.open_collection().delete([point_id("a", 0), point_id("c", 0)])
    engine.embedder.texts.clear()
    report = verify(engine, *FOUR)
    assert (report.num_missing, report.num_repaired, report.num_left, report.num_points) == (2, 2, 0, 4)
    assert engine.embedder.texts == []
    assert engine.content() == {"a/0": "1", "b/0": "2", "c/0": "3", "d/0": "4"}


def test_a_point_swapped_for_a_stranger_is_noticed_though_the_counts_agree(engine: Engine) -> None:
    run(engine, *FOUR)
    collection = engine.open_collection()
    collection.delete([point_id("a", 0)])
    collection.upsert(Points([str(UUID(int=7))], VECTOR, [{"document_id": "x", "position": 0, "text": "stranger"}]))
    del collection
    report = verify(engine, *FOUR)
    assert (report.num_missing, report.num_foreign, report.num_repaired) == (1, 1, 1)
    assert engine.content() == {"a/0": "1", "b/0": "2", "c/0": "3", "d/0": "4"}


def test_a_point_with_another_content_is_written_again(engine: Engine) -> None:
    run(engine, *FOUR)
    wrong: Payload = {"document_id": "b", "position": 0, "text": "forged", "content_digest": "0" * 32}
    engine.open_collection().upsert(Points([point_id("b", 0)], VECTOR, [wrong]))
    report = verify(engine, *FOUR)
    assert (report.num_differing, report.num_repaired) == (1, 1)
    assert engine.content()["b/0"] == "2"


def test_foreign_points_block_a_run_until_they_are_verified_away(engine: Engine) -> None:
    run(engine, *FOUR)
    engine.open_collection().upsert(Points([str(UUID(int=7))], VECTOR, [{"document_id": "x", "position": 0}]))
    with pytest.raises(WorldError, match=r"has 5 points, the ledger 4; .*seedbed index --verify"):
        run(engine, *FOUR)
    assert verify(engine, *FOUR).num_foreign == 1
    run(engine, *FOUR)


def test_what_the_corpus_says_otherwise_now_is_left_to_the_next_run(engine: Engine) -> None:
    run(engine, *FOUR)
    engine.open_collection().delete([point_id("a", 0), point_id("b", 0)])
    changed = documents(a="one", b="2", c="3", d="4", e="5")
    report = verify(engine, *changed)
    assert (report.num_missing, report.num_repaired, report.num_left, report.num_points) == (2, 1, 1, 3)
    assert engine.content() == {"b/0": "2", "c/0": "3", "d/0": "4"}
    run(engine, *changed)
    assert engine.content() == {"a/0": "one", "b/0": "2", "c/0": "3", "d/0": "4", "e/0": "5"}


def test_points_on_their_way_are_neither_missing_nor_differing_nor_foreign(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> None:
        raise WorldError("power cut")

    run(engine, *FOUR)
    coming = documents(a="one", b="2", c="3", d="4", e="5")
    with engine.index(*coming) as index:
        monkeypatch.setattr(index.run_shard, "_upsert", power_cut)
        with pytest.raises(WorldError, match="power cut"):
            index.bring_up_to_date()
    report = verify(engine, *coming)
    assert (report.num_missing, report.num_foreign, report.num_differing, report.num_points) == (0, 0, 0, 3)
    run(engine, *coming)
    assert engine.content() == {"a/0": "one", "b/0": "2", "c/0": "3", "d/0": "4", "e/0": "5"}


def test_an_index_that_was_never_built_cannot_be_verified(engine: Engine) -> None:
    with pytest.raises(UserError, match=r"'test' is not built .*Next: seedbed index"):
        verify(engine, *FOUR)
