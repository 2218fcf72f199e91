"""Specify what becomes of bad lines among good ones.

tests/unit/corpora/test_json_lines.py - v0.1.0
"""

import json
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.corpora.adapters.jsonl import JsonlCorpus
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Document, Rejection
from seedbed.errors import UserError

BAD = {
    b'{"id": "a", "text": "caf\xe9"}': "not UTF-8: byte 0xe9 at position 24",
    b'{"id": "b", "text": "broken': "broken JSON",
    b'["c", "a list"]': "JSON but no object: found list",
    b"null": "JSON but no object: found NoneType",
    b'{"id": "d"}': r"field 'text' is missing, found \['id'\]",
    b'{"id": "e", "text": 7}': "field 'text' must be a text, found a whole number",
    b'{"id": "f", "text": null}': "field 'text' must be a text, found null",
    b'{"id": "g", "text": " \\n"}': "field 'text' is empty",
    b'{"text": "no id"}': "field 'id' is missing",
    b'{"id": "", "text": "empty id"}': "field 'id' is empty",
    b'{"id": true, "text": "odd id"}': "field 'id' must be a text or a whole number, found true or false",
    b'{"id": "good-5", "text": "a second five"}': "id 'good-5' is taken by an earlier record",
    b'{"id": "h", "text": "long ' + b"x" * 10_000_000 + b'"}': "line has 10,000,02. bytes; at most 5,000,000",
    b'{"id": "i", "text": "\\ud800"}': "half of a surrogate pair at position 0",
    b'{"id": "j", "text": "a\\u0000b"}': "NUL character at position 1",
    b'{"id": "k", "text": ' + b"[" * 200_000 + b"]" * 200_000 + b"}": "nested too deeply",
    b'{"id": "l", "text": "t", "n": ' + b"9" * 5_000 + b"}": "JSON cannot be read",
    b'{"id": "' + b"m" * 513 + b'", "text": "t"}': "has 513 characters; at most 512",
    b'{"id": "n", "text": "t", "title": 3}': "field 'title' must be a text or absent",
}


def corpus_of(path: Path, content: bytes, **options: object) -> JsonlCorpus:
    path = path / "docs.jsonl"
    path.write_bytes(content)
    return JsonlCorpus(CorpusConfig.model_validate({"kind": "jsonl", "path": path, **options}))


def test_every_kind_of_bad_line_is_rejected_and_the_good_ones_go_on(tmp_path: Path) -> None:
    good = [json.dumps({"id": f"good-{i}", "text": f"text {i}"}).encode() for i in range(1_000)]
    lines, expected = list(good), {}
    for n, (line, reason) in enumerate(BAD.items()):
        lines.insert(30 + 40 * n, line)
        expected[31 + 40 * n] = reason
    found = list(corpus_of(tmp_path, b"\n".join(lines)).documents())
    rejected = {record.line or 0: record for record in found if isinstance(record, Rejection)}
    assert sum(isinstance(record, Document) for record in found) == 1_000
    assert sorted(rejected) == sorted(expected)
    for number, reason in expected.items():
        assert re.search(reason, rejected[number].reason), rejected[number].reason
        assert rejected[number].source == "docs.jsonl"


def test_a_line_of_any_length_is_passed_over_in_bounded_memory(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, b"x" * 50_000_000 + b'\n{"id": "a", "text": "after"}', max_record_bytes=1_000)
    tracemalloc.start()
    found = list(corpus.documents())
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 2_000_000
    assert [type(record) for record in found] == [Rejection, Document]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_the_limit_is_exact_whatever_the_line_end_and_mark(tmp_path: Path, ending: bytes, bom: bytes) -> None:
    line = b'{"id": "a", "text": "exact"}'
    for limit, kind in ((len(line), Document), (len(line) - 1, Rejection)):
        corpus = corpus_of(tmp_path, bom + line + ending + line.replace(b'"a"', b'"b"'), max_record_bytes=limit)
        assert [type(record) for record in corpus.documents()] == [kind, kind]


def test_too_long_line_full_of_carriage_returns_is_one_rejection(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, b"\r" * 64 + b'{"id": "a", "text": "t"}\n', max_record_bytes=30)
    assert [type(record) for record in corpus.documents()] == [Rejection]


def test_mark_blank_lines_and_missing_last_line_end_do_no_harm(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, b'\xef\xbb\xbf{"id": 1, "text": "a"}\r\n\r\n  \n{"id": "2", "text": "b"}\n{"id": ')
    found = list(corpus.documents())
    assert [record.id for record in found if isinstance(record, Document)] == ["1", "2"]
    assert [record.line for record in found if isinstance(record, Rejection)] == [5]


def test_empty_file_yields_nothing(tmp_path: Path) -> None:
    assert list(corpus_of(tmp_path, b"").documents()) == []
    assert corpus_of(tmp_path, b"").num_records() == 0


def test_rejected_record_does_not_take_its_id(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, b'{"id": "a", "text": ""}\n{"id": "a", "text": "good"}')
    assert [type(record) for record in corpus.documents()] == [Rejection, Document]


def test_fields_are_named_by_the_user_and_scalars_become_metadata(tmp_path: Path) -> None:
    record = {
        "key": "a", "body": "text", "name": "Title", "year": 2024, "score": 0.5, "open": True, "nothing": None,
        "tags": ["x"], "long": "x" * 1_001, "huge": 2**63, "half": "\ud800", "metadata": {"lang": "en", "year": 1999},
    }  # fmt: skip
    corpus = corpus_of(tmp_path, json.dumps(record).encode(), id_field="key", text_field="body", title_field="name")
    (document,) = corpus.documents()
    assert isinstance(document, Document)
    assert document.content == "Title text"
    assert document.metadata == {"year": 2024, "score": 0.5, "open": True, "lang": "en"}


def test_metadata_is_bounded_and_finite(tmp_path: Path) -> None:
    fields = ", ".join(f'"f{i}": {i}' for i in range(50))
    (document,) = corpus_of(tmp_path, b'{"id": "a", "text": "t", "nan": NaN, ' + fields.encode() + b"}").documents()
    assert isinstance(document, Document)
    assert len(document.metadata) == 32
    assert "nan" not in document.metadata


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        (b"\x1f\x8b\x08", "gunzip"),
        (b"PK\x03\x04", "unzip"),
        (b"PAR1", "KIND=parquet"),
        (b"\xff\xfe{\x00", "iconv"),
    ],
)
def test_other_kind_of_file_is_refused_as_a_whole_with_the_way_out(tmp_path: Path, head: bytes, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        list(corpus_of(tmp_path, head + b"\x00" * 100).documents())


@settings(max_examples=60, deadline=None)
@given(content=st.lists(st.binary(max_size=60) | st.sampled_from(list(BAD)[:12]), max_size=20).map(b"\n".join))
def test_no_bytes_stop_the_stream_or_lose_a_line(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    content = b"{}\n" + content
    found = list(corpus_of(tmp_path_factory.mktemp("any"), content).documents())
    assert len(found) == sum(bool(line.strip()) for line in content.split(b"\n"))
