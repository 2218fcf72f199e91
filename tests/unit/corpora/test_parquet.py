"""Specify what is read from a Parquet file.

tests/unit/corpora/test_parquet.py - v0.1.0
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seedbed.corpora.adapters.parquet import ParquetCorpus
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.errors import UserError, WorldError


def corpus_of(path: Path, columns: dict[str, object], **options: object) -> ParquetCorpus:
    pq.write_table(pa.table(columns), path / "docs.parquet", row_group_size=100)
    return ParquetCorpus(CorpusConfig.model_validate({"kind": "parquet", "path": path / "docs.parquet", **options}))


def test_scalar_columns_become_metadata_and_others_are_not_read(tmp_path: Path) -> None:
    columns: dict[str, object] = {
        "id": [7], "text": ["t"], "title": ["T"], "year": [2024], "open": [True], "none": pa.array([None], pa.int64()),
        "vector": [[0.1, 0.2]], "kind": pa.array(["news"]).dictionary_encode(),
    }  # fmt: skip
    (document,) = corpus_of(tmp_path, columns).documents()
    assert isinstance(document, Document)
    assert (document.id, document.content) == ("7", "T t")
    assert document.metadata == {"year": 2024, "open": True, "kind": "news"}


def test_row_that_is_not_utf8_is_rejected_with_its_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    raw = pa.array([b"good"] * 300 + [b"caf\xe9"] + [b"good"] * 9, pa.binary())
    text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    corpus = corpus_of(tmp_path, {"id": [str(i) for i in range(310)], "text": text})
    found = list(corpus.documents())
    rejected = [record for record in found if isinstance(record, Rejection)]
    assert len(found) == 310
    assert [record.line for record in rejected] == [301]
    assert "not UTF-8" in rejected[0].reason


def test_too_long_text_is_rejected(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"id": ["a", "b"], "text": ["é" * 60, "x" * 100]}, max_record_bytes=100)
    first, second = corpus.documents()
    assert isinstance(first, Rejection)
    assert "text has 120 bytes; at most 100" in first.reason
    assert isinstance(second, Document)


def test_mistyped_column_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'body'"):
        list(corpus_of(tmp_path, {"id": ["a"], "body": ["t"]}, text_field="bdy").documents())


def test_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("id,text")
    with pytest.raises(UserError, match="is no Parquet file"):
        list(ParquetCorpus(CorpusConfig(kind="parquet", path=tmp_path / "a.parquet")).documents())


def test_damaged_page_is_the_worlds_fault_and_says_how_far_it_got(tmp_path: Path) -> None:
    columns: dict[str, object] = {"id": [str(i) for i in range(500)], "text": [f"text {i}" for i in range(500)]}
    corpus = corpus_of(tmp_path, columns)
    path = tmp_path / "docs.parquet"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle - 1500 : middle + 1500] = b"\xff" * 3000
    path.write_bytes(content)
    with pytest.raises(WorldError, match="is damaged after row"):
        list(corpus.documents())
