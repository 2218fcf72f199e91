"""Specify how a store is brought up to date.

tests/unit/indexing/test_index.py - v0.1.0
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from seedbed.corpora.document import Document, Rejection
from seedbed.errors import UserError, WorldError
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import IndexReport, ShardReport
from tests.unit.indexing.conftest import Engine, documents
from tests.unit.indexing.doubles import HashEmbedder


def run(engine: Engine, *records: Document | Rejection) -> IndexReport:
    with engine.index(*records) as index:
        return index.bring_up_to_date()


def test_a_new_corpus_is_embedded_and_found(engine: Engine) -> None:
    report = run(engine, *documents(a="one", b="two\nthree"))
    assert (report.num_documents, report.num_chunks, report.num_embedded, report.num_upserted) == (2, 3, 3, 3)
    assert engine.content() == {"a/0": "one", "b/0": "two", "b/1": "three"}


def test_unchanged_document_is_not_embedded_again(engine: Engine) -> None:
    first = run(engine, *documents(a="one", b="two"))
    engine.embedder.texts.clear()
    second = run(engine, *documents(a="one", b="two"))
    assert engine.embedder.texts == []
    assert (second.num_embedded, second.num_upserted, second.num_deleted) == (0, 0, 0)
    assert second.data_digest == first.data_digest
    assert (second.num_documents, second.num_chunks) == (2, 2)


def test_document_that_is_stored_whole_is_not_even_cut_again(engine: Engine) -> None:
    run(engine, *documents(a="one\n1", b="two", c="three"))
    engine.chunker.texts.clear()
    report = run(engine, *documents(a="one\n1", b="two, corrected", c="three"))
    assert engine.chunker.texts == ["two, corrected"]
    assert (report.num_documents, report.num_chunks, report.num_upserted, report.num_deleted) == (3, 4, 1, 0)
    with engine.index(*documents(a="one\n1", b="new", c="three")) as index:
        assert (index.plan().num_unchanged, index.plan().num_changed) == (3, 1)


def test_document_that_goes_back_to_its_old_text_is_stored_again(engine: Engine) -> None:
    for text in ("old\nversion\n3", "new\nversion", "old\nversion\n3"):
        run(engine, *documents(a=text, b="two"))
    assert engine.content() == {"a/0": "old", "a/1": "version", "a/2": "3", "b/0": "two"}


def test_document_that_went_halfway_to_a_new_text_and_back_is_stored_again(engine: Engine) -> None:
    run(engine, *documents(a="old\nversion", b="two"))
    engine.embedder.poison = "bad"
    run(engine, *documents(a="new\nbad", b="two"))
    assert engine.content() == {"a/0": "new", "a/1": "version", "b/0": "two"}
    run(engine, *documents(a="old\nversion", b="two"))
    assert engine.content() == {"a/0": "old", "a/1": "version", "b/0": "two"}


def test_document_that_was_gone_and_comes_back_is_stored_again(engine: Engine) -> None:
    everything = documents(a="one", b="two", c="three", d="four")
    for corpus in (everything, everything[1:], everything):
        run(engine, *corpus)
    assert set(engine.content()) == {"a/0", "b/0", "c/0", "d/0"}


def test_changed_document_replaces_its_old_text(engine: Engine) -> None:
    run(engine, *documents(a="one", b="two"))
    engine.embedder.texts.clear()
    report = run(engine, *documents(a="one", b="two, corrected"))
    assert engine.embedder.texts == ["two, corrected"]
    assert report.num_deleted == 0
    assert engine.content() == {"a/0": "one", "b/0": "two, corrected"}


def test_document_that_shrinks_leaves_no_old_chunk(engine: Engine) -> None:
    run(engine, *documents(a="one\ntwo\nthree"))
    report = run(engine, *documents(a="one"))
    assert report.num_deleted == 2
    assert engine.content() == {"a/0": "one"}


def test_removed_document_leaves_the_store(engine: Engine) -> None:
    run(engine, *documents(a="one", b="two", c="three", d="four"))
    report = run(engine, *documents(a="one", b="two", c="three"))
    assert report.num_deleted == 1
    assert set(engine.content()) == {"a/0", "b/0", "c/0"}


def test_text_that_moves_to_another_document_keeps_its_vector(engine: Engine) -> None:
    run(engine, *documents(a="one", b="two", c="three", d="four"))
    engine.embedder.texts.clear()
    report = run(engine, *documents(a="one", b="two", c="three", e="four"))
    assert engine.embedder.texts == []
    assert (report.num_reused, report.num_upserted, report.num_deleted) == (1, 1, 1)
    assert set(engine.content()) == {"a/0", "b/0", "c/0", "e/0"}


def test_equal_texts_are_embedded_once_and_kept_apart(engine: Engine) -> None:
    run(engine, *documents(a="same", b="same", c="other", d="more"))
    assert sorted(engine.embedder.texts) == ["more", "other", "same"]
    report = run(engine, *documents(a="same", c="other", d="more"))
    assert report.num_deleted == 1
    assert set(engine.content()) == {"a/0", "c/0", "d/0"}


def test_title_change_updates_the_payload_without_embedding_when_the_content_stays(engine: Engine) -> None:
    run(engine, Document(id="a", text="two", title="one"))
    engine.embedder.texts.clear()
    report = run(engine, Document(id="a", text="one two"))
    assert engine.embedder.texts == []
    assert report.num_upserted == 1


def test_empty_corpus_deletes_nothing_and_is_refused(engine: Engine) -> None:
    run(engine, *documents(a="one", b="two"))
    with pytest.raises(UserError, match=r"2 of 2 documents .* nothing was deleted.*--allow-shrink"):
        run(engine)
    assert set(engine.content()) == {"a/0", "b/0"}


def test_corpus_that_never_had_a_document_is_refused(engine: Engine) -> None:
    with pytest.raises(UserError, match=r"has no documents, 1 records were rejected; see .*jsonl"):
        run(engine, Rejection(source="x", line=1, reason="broken"))


def test_shrinking_past_the_share_is_refused_and_allowed_when_said(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2", c="3"))
    with pytest.raises(UserError, match="2 of 3 documents"):
        run(engine, *documents(a="1"))
    engine.allow_shrink = True
    assert run(engine, *documents(a="1")).num_deleted == 2


def test_new_documents_are_in_before_a_refused_shrink(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2"))
    with pytest.raises(UserError):
        run(engine, *documents(c="3"))
    assert set(engine.content()) == {"a/0", "b/0", "c/0"}


def test_one_bad_text_costs_no_other_its_place(engine: Engine) -> None:
    engine.embedder.poison = "bad"
    with engine.index(*documents(a="1", b="bad", c="3", d="4")) as index:
        report = index.bring_up_to_date()
    assert set(engine.content()) == {"a/0", "c/0", "d/0"}
    assert report.num_rejected == 1
    assert report.dead_letter is not None
    letter = json.loads(report.dead_letter.read_text())
    assert (letter["document_id"], letter["reason"]) == ("b", "cannot be embedded: RuntimeError: the model choked")


def test_bad_text_is_tried_again_and_never_marked_done(engine: Engine) -> None:
    engine.embedder.poison = "bad"
    run(engine, *documents(a="1", b="bad"))
    engine.embedder.poison = ""
    assert run(engine, *documents(a="1", b="bad")).num_embedded == 1
    assert set(engine.content()) == {"a/0", "b/0"}


def test_document_whose_new_version_fails_keeps_its_old_one(engine: Engine) -> None:
    run(engine, *documents(a="1", b="old\nversion"))
    engine.embedder.poison = "bad"
    run(engine, *documents(a="1", b="bad"))
    assert engine.content() == {"a/0": "1", "b/0": "old", "b/1": "version"}


def test_document_whose_record_is_broken_now_keeps_its_old_version(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2"))
    report = run(engine, *documents(a="1"), Rejection(source="x", line=2, document_id="b", reason="text is missing"))
    assert report.num_deleted == 0
    assert set(engine.content()) == {"a/0", "b/0"}


def test_nothing_that_is_gone_is_deleted_while_a_record_cannot_even_be_named(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2", c="3\nthree", d="4"))
    nameless = Rejection(source="x", line=2, reason="broken JSON")
    report = run(engine, *documents(a="1", c="3", d="4"), nameless)
    assert (report.num_deleted, report.num_documents_kept) == (1, 1)
    assert set(engine.content()) == {"a/0", "b/0", "c/0", "d/0"}
    report = run(engine, *documents(a="1", c="3", d="4"))
    assert (report.num_deleted, report.num_documents_kept) == (1, 0)


def test_second_record_with_an_id_keeps_no_old_chunk_of_the_first(engine: Engine) -> None:
    run(engine, *documents(a="1\n2", b="3"))
    again = Rejection(source="x", line=3, document_id="a", reason="the id is there already")
    assert run(engine, *documents(a="1", b="3"), again).num_deleted == 1
    assert set(engine.content()) == {"a/0", "b/0"}


def test_other_prompts_are_another_collection(engine: Engine) -> None:
    old = run(engine, *documents(a="1"))
    engine.query_prompt = "query: "
    new = run(engine, *documents(a="1"))
    assert new.collection != old.collection
    with Ledger(engine.home / "ledger.db") as ledger:
        assert ledger.config(ledger.resolve("test")[1])["embedding"]["query_prompt"] == "query: "


def test_when_every_document_fails_the_run_fails(engine: Engine) -> None:
    engine.embedder.poison = "bad"
    with pytest.raises(WorldError, match=r"all 2 documents .* failed; see"):
        run(engine, *documents(a="bad 1", b="bad 2"))


def test_store_that_lost_its_points_is_filled_again_without_embedding(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2", c="3"))
    engine.embedder.texts.clear()
    shutil.rmtree(engine.home / "chroma")
    report = run(engine, *documents(a="1", b="2", c="3"))
    assert (report.num_embedded, report.num_reused, report.num_upserted) == (0, 3, 3)
    assert engine.embedder.texts == []
    assert set(engine.content()) == {"a/0", "b/0", "c/0"}


def test_points_that_vanish_behind_our_back_come_back(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2"))
    lost = engine.open_collection()
    probe = np.zeros((1, 16), dtype=np.float32)
    probe[0, 0] = 1
    lost.delete([lost.search(probe, 1)[0][0].id])
    del lost
    run(engine, *documents(a="1", b="2"))
    assert set(engine.content()) == {"a/0", "b/0"}


def test_damaged_vector_file_is_noticed_and_embedded_again_by_the_next_run(engine: Engine) -> None:
    run(engine, *documents(a="1", b="2"))
    for file in (engine.home / "vectors").rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:100])
    with engine.index() as index, pytest.raises(WorldError, match="2 of 2 vectors are missing on disk. Next: seedbed"):
        index.search_exactly(["1"], 1)
    assert run(engine, *documents(a="1", b="2")).num_embedded == 2
    assert set(engine.content()) == {"a/0", "b/0"}


def test_changed_model_gets_a_collection_of_its_own_and_the_old_one_stays(engine: Engine) -> None:
    old = run(engine, *documents(a="1", b="2"))
    engine.embedder = HashEmbedder("another")
    new = run(engine, *documents(a="1", b="2"))
    assert new.collection != old.collection
    assert new.num_embedded == 2
    with Ledger(engine.home / "ledger.db") as ledger:
        assert ledger.resolve("test") == ("test", new.collection)


def test_search_sees_the_old_collection_until_the_new_one_is_green(engine: Engine) -> None:
    old = run(engine, *documents(a="1", b="2"))
    engine.embedder = HashEmbedder("another")

    def fail(_: Shard) -> ShardReport:
        raise WorldError("power cut")

    with engine.index(*documents(a="1", b="2")) as index, pytest.raises(WorldError, match="power cut"):
        index.bring_up_to_date(run_shard=fail)
    with Ledger(engine.home / "ledger.db") as ledger:
        assert ledger.resolve("test")[1] == old.collection


def test_running_a_shard_twice_changes_nothing(engine: Engine) -> None:
    with engine.index(*documents(a="1", b="2")) as index:

        def twice(shard: Shard) -> ShardReport:
            index.run_shard(shard)
            return index.run_shard(shard)

        report = index.bring_up_to_date(run_shard=twice)
    assert report.num_chunks == 2
    assert set(engine.content()) == {"a/0", "b/0"}


def test_set_of_queries_is_embedded_once(engine: Engine) -> None:
    with engine.index(*documents(a="one", b="two")) as index:
        index.bring_up_to_date()
        first = index.search(["one", "two"], 1)
        embedded = index.num_embedded
        assert index.search(["one", "two"], 1) == first
        assert index.num_embedded == embedded
    assert [hits[0].payload["document_id"] for hits in first] == ["a", "b"]


def test_single_question_is_not_kept_but_one_of_a_kept_set_is_not_embedded_again(engine: Engine) -> None:
    with engine.index(*documents(a="one", b="two")) as index:
        index.bring_up_to_date()
        index.search(["alone"], 1)
        index.search(["one", "two"], 1)
        num_texts = len(engine.embedder.texts)
        index.search(["two"], 1)
        assert len(engine.embedder.texts) == num_texts
        index.search(["alone"], 1)
        assert len(engine.embedder.texts) == num_texts + 1


def test_second_process_on_the_same_index_is_refused_with_the_owner(engine: Engine, tmp_path: Path) -> None:
    with engine.index(*documents(a="1")) as index:

        def meanwhile(shard: Shard) -> ShardReport:
            with engine.index(*documents(a="1")) as other, pytest.raises(WorldError, match=r"in use by process \d+"):
                other.bring_up_to_date()
            return index.run_shard(shard)

        index.bring_up_to_date(run_shard=meanwhile)
    assert (tmp_path / "locks" / "test.lock").exists()


def test_progress_counts_documents(engine: Engine) -> None:
    seen: list[tuple[int, int | None, str]] = []
    with engine.index(*documents(a="1", b="2")) as index:
        index.bring_up_to_date(progress=lambda done, total, unit: seen.append((done, total, unit)))
    assert seen[-1] == (2, None, "documents")
