"""Specify how labels in BEIR's layout are read, and that half of them are not enough.

tests/unit/corpora/test_beir.py - v0.1.0
"""

from pathlib import Path

import pytest

from benchmarks._data import DATA
from seedbed.corpora.adapters.beir import BeirCorpus
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document
from seedbed.corpora.judgment import Judgment
from seedbed.errors import UserError
from tests.system_parts import needs

SCIFACT = DATA / "scifact"


def beir(
    path: Path, qrels: bytes, queries: bytes = b'{"_id": "q1", "text": "one?"}\n{"_id": "q2", "text": "two?"}'
) -> BeirCorpus:
    (path / "qrels").mkdir(exist_ok=True)
    (path / "corpus.jsonl").write_text('{"_id": "d1", "title": "T", "text": "t", "metadata": {"url": "u", "deep": {}}}')
    (path / "queries.jsonl").write_bytes(queries)
    (path / "qrels" / "test.tsv").write_bytes(qrels)
    return BeirCorpus(CorpusConfig(kind="beir", path=path))


@pytest.mark.parametrize(
    "qrels",
    [
        b"query-id\tcorpus-id\tscore\r\nq1\td1\t2\r\n\r\nq1\td1\t2\r\n",
        b"q1\td1\t2",
        b"\xef\xbb\xbfquery-id\tcorpus-id\tscore\nq1\td1\t2\n",
    ],
    ids=["header, CRLF, blank and repeated line", "no header", "byte order mark"],
)
def test_judgments_are_read_whatever_the_file_looks_like(tmp_path: Path, qrels: bytes) -> None:
    corpus = beir(tmp_path, qrels)
    assert list(corpus.judgments()) == [Judgment(query_id="q1", document_id="d1", relevance=2)]
    assert [query.id for query in corpus.queries()] == ["q1"]


def test_scalars_of_ragged_metadata_are_kept(tmp_path: Path) -> None:
    (document,) = beir(tmp_path, b"q1\td1\t1").documents()
    assert isinstance(document, Document)
    assert document.metadata == {"url": "u"}


@pytest.mark.parametrize(
    ("qrels", "problem"),
    [
        (b"q1\td1\t1\nq1 d2 1\n", "test.tsv line 2: expected query id"),
        (b"q1\td1\tx\nq1\td1\ty", "test.tsv line 2"),
        (b"q1\td1\t1\nq1\td1\t0", "line 2.*judged twice and differently"),
        (b"q1\td1\t1\ncaf\xe9\td1\t1", "not UTF-8"),
        (b"q1\td1\t1\n" + b"x" * 100_000, "line 2"),
    ],
)
def test_a_bad_judgment_stops_the_run(tmp_path: Path, qrels: bytes, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        list(beir(tmp_path, qrels).judgments())


@pytest.mark.parametrize(
    ("queries", "problem"),
    [
        (b'{"_id": "q2", "text": "two?"}', "1 judged queries of split 'test' are not in .*'q1'"),
        (b'{"_id": "q1", "text": "one?"}\n{"_id": "q1", "text": "again?"}', "line 2: id 'q1' is there twice"),
        (b'{"_id": "q1", "text": "one?"}\n{broken', "queries.jsonl line 2: broken JSON"),
        (b'{"_id": "q1", "text": ""}', "queries.jsonl line 1: field 'text' is empty"),
    ],
)
def test_a_bad_query_stops_the_run(tmp_path: Path, queries: bytes, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        list(beir(tmp_path, b"q1\td1\t1", queries).queries())


def test_unknown_split_is_refused_with_those_there_are(tmp_path: Path) -> None:
    beir(tmp_path, b"q1\td1\t1")
    corpus = BeirCorpus(CorpusConfig(kind="beir", path=tmp_path, split="tset"))
    with pytest.raises(UserError, match=r"did you mean 'test'"):
        list(corpus.judgments())


def test_missing_file_is_named_with_the_layout(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no corpus\.jsonl; kind 'beir' reads"):
        list(BeirCorpus(CorpusConfig(kind="beir", path=tmp_path)).documents())


@needs("scifact", SCIFACT.is_dir(), "SciFact is not on this machine")
def test_scifact_is_read_to_the_last_line() -> None:
    corpus = BeirCorpus(CorpusConfig(kind="beir", path=SCIFACT))
    assert sum(isinstance(record, Document) for record in corpus.documents()) == 5_183
    assert len(list(corpus.queries())) == 300
    assert len(list(corpus.judgments())) == 339
