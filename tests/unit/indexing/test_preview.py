"""Specify what is said of an indexing run before it happens.

tests/unit/indexing/test_preview.py - v0.1.0
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seedbed.corpora.document import Document, Rejection
from seedbed.errors import UserError
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.report import IndexPlan
from tests.unit.indexing.conftest import Engine, documents
from tests.unit.indexing.doubles import HashEmbedder


def plan(engine: Engine, *records: Document | Rejection) -> IndexPlan:
    with engine.index(*records, create=False) as index:
        return index.plan()


def run(engine: Engine, *records: Document | Rejection) -> None:
    with engine.index(*records) as index:
        index.bring_up_to_date()


def files(home: Path) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_plan_on_an_empty_home_counts_everything_as_new_and_makes_not_even_the_folder(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "home")
    said = plan(engine, *documents(a="one", b="two\nthree", c="one"), Rejection(source="x", line=1, reason="broken"))
    assert (said.num_documents, said.num_rejected) == (3, 1)
    assert (said.num_new, said.num_changed, said.num_unchanged) == (4, 0, 0)
    assert (said.num_to_embed, said.num_characters) == (3, len("one") + len("two") + len("three"))
    assert (said.num_to_delete, said.refusal, said.replaces, said.embedding_s) == (0, None, None, None)
    assert engine.embedder.texts == []
    assert not engine.home.exists()


def test_a_plan_changes_no_byte_of_the_state_folder(engine: Engine) -> None:
    run(engine, *documents(a="one", b="two"))
    before = files(engine.home)
    plan(engine, *documents(a="one", b="2", c="three"), Rejection(source="x", line=1, reason="broken"))
    assert files(engine.home) == before


def test_a_plan_may_be_made_while_another_process_indexes(engine: Engine) -> None:
    with engine.index(*documents(a="one")) as index, index._locked():
        assert plan(engine, *documents(a="one")).num_new == 1


def test_what_a_plan_says_is_what_the_run_does(engine: Engine) -> None:
    run(engine, *documents(a="one", b="two\ntwo more", c="three", d="four"))
    after = documents(a="one", b="two", c="3", e="four", f="six")
    said = plan(engine, *after)
    with engine.index(*after) as index:
        done = index.bring_up_to_date()
    assert (said.num_new, said.num_changed, said.num_unchanged) == (2, 1, 2)
    assert said.num_to_embed == done.num_embedded == 2
    assert said.num_new + said.num_changed == done.num_upserted
    assert said.num_to_delete == done.num_deleted == 2
    assert said.num_documents_gone == 1


def test_the_refusal_of_a_shrink_is_foretold_in_the_same_words(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2", c="3"))
    said = plan(engine, *documents(a="1"))
    with pytest.raises(UserError) as refused:
        run(engine, *documents(a="1"))
    assert said.refusal == str(refused.value)
    engine.allow_shrink = True
    assert plan(engine, *documents(a="1")).refusal is None


def test_documents_whose_record_is_broken_now_are_not_planned_to_go(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2"))
    broken = Rejection(source="x", line=2, document_id="b", reason="text is missing")
    assert plan(engine, *documents(a="1"), broken).num_to_delete == 0


def test_another_model_is_planned_as_a_new_collection_beside_the_old_one(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2"))
    with engine.index() as index:
        old = index.collection_name
    engine.embedder = HashEmbedder("another")
    said = plan(engine, *documents(a="1", b="2"))
    assert (said.replaces, said.num_new, said.num_to_embed) == (old, 2, 2)
    assert said.collection != old


def test_seconds_are_estimated_once_the_encoder_was_measured(engine: Engine) -> None:
    run(engine, *documents(a="1"))
    with engine.index() as index, Ledger(engine.home / "ledger.db") as ledger:
        ledger.note_rate(index._encoder, 2.0)
    assert plan(engine, *documents(a="1", b="12345678")).embedding_s == 4.0


def test_a_ledger_of_an_older_version_is_read_without_being_changed(engine: Engine) -> None:
    run(engine, *documents(a="1"))
    with closing(sqlite3.connect(engine.home / "ledger.db")) as ledger:
        ledger.execute("DROP TABLE rates")
    before = files(engine.home)
    assert plan(engine, *documents(a="1", b="2")).embedding_s is None
    assert files(engine.home) == before


def test_the_rate_of_a_run_is_kept_once_it_is_long_enough_to_tell(engine: Engine) -> None:
    with engine.index(*documents(a="1", b="2")) as index:
        index.run_shard._seconds, index.run_shard._num_characters = 2.0, 30
        index.bring_up_to_date()
    assert plan(engine, *documents(a="1", b="2", c="x" * 30)).embedding_s == pytest.approx(2.0, rel=0.1)
