"""Specify the search that compares with every chunk.

tests/unit/indexing/test_exact.py - v0.1.0
"""

from pathlib import Path

import pytest

from seedbed.errors import UserError
from seedbed.indexing import exact
from seedbed.stores.point import Hit
from tests.unit.indexing.conftest import Engine, documents

TEXTS = {f"d{i}": f"text number {i % 40}" for i in range(60)}
QUERIES = [f"text number {i}" for i in range(0, 40, 7)]


def ask(engine: Engine, texts: dict[str, str], k: int) -> list[list[Hit]]:
    with engine.index(*documents(**texts)) as index:
        index.bring_up_to_date()
        return index.search_exactly(QUERIES, k)


def test_the_text_itself_is_its_nearest(engine: Engine) -> None:
    for query, hits in zip(QUERIES, ask(engine, TEXTS, 1), strict=True):
        assert TEXTS[str(hits[0].payload["document_id"])] == query
        assert hits[0].score == pytest.approx(1, abs=1e-6)


def test_answers_do_not_depend_on_the_order_in_which_documents_came(tmp_path: Path) -> None:
    forth = ask(Engine(tmp_path / "a"), TEXTS, 20)
    back = ask(Engine(tmp_path / "b", shard_chunks=7), dict(reversed(TEXTS.items())), 20)
    assert forth == back


def test_equal_scores_are_ordered_by_id_and_the_cut_falls_between_them(engine: Engine) -> None:
    hits = ask(engine, {"a": "text number 0", "b": "text number 0", "c": "text number 0", "d": "other"}, 2)[0]
    assert len(hits) == 2
    assert [hit.id for hit in hits] == sorted(hit.id for hit in hits)
    longer = ask(engine, {"a": "text number 0", "b": "text number 0", "c": "text number 0", "d": "other"}, 3)[0]
    assert longer[:2] == hits


def test_store_agrees_with_the_exact_answer(engine: Engine) -> None:
    with engine.index(*documents(**TEXTS)) as index:
        index.bring_up_to_date()
        for near, exactly in zip(index.search(QUERIES, 5), index.search_exactly(QUERIES, 5), strict=True):
            assert [hit.id for hit in near] == [hit.id for hit in exactly]


def test_more_hits_than_chunks_gives_all(engine: Engine) -> None:
    assert len(ask(engine, {"a": "1", "b": "2"}, 100)[0]) == 2


def test_too_many_chunks_are_refused_with_the_other_way(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "MAX_CHUNKS", 1)
    with pytest.raises(UserError, match=r"2 chunks are too many.*search=store"):
        ask(engine, {"a": "1", "b": "2"}, 1)
