"""Hold every corpus to the contract that plug-ins are held to, and to what users read who named the wrong source.

tests/contracts/test_corpus.py - v0.1.0
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seedbed.corpora.adapters.beir import BeirCorpus
from seedbed.corpora.adapters.docstrings import DocstringsCorpus
from seedbed.corpora.adapters.folder import FolderCorpus
from seedbed.corpora.adapters.jsonl import JsonlCorpus
from seedbed.corpora.adapters.parquet import ParquetCorpus
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.document import Rejection
from seedbed.corpora.ports import Corpus
from seedbed.errors import UserError
from seedbed.testing.corpora import CorpusCase, CorpusContract

GOOD = {f"id-{i}": f"text number {i}, naïve 日本 😀" for i in range(40)}


def _lines(path: Path, id_field: str) -> None:
    good = [json.dumps({id_field: key, "text": text}) for key, text in GOOD.items()]
    bad = [json.dumps({id_field: "id-3", "text": "again"}), json.dumps({id_field: "x", "text": "  "}), "{"]
    path.write_text("\n".join([*good[:20], *bad, *good[20:]]), encoding="utf-8")


def _jsonl(folder: Path) -> CorpusCase:
    _lines(folder / "docs.jsonl", "id")
    return CorpusCase(JsonlCorpus(CorpusConfig(kind="jsonl", path=folder / "docs.jsonl")), 43, 3)


def _parquet(folder: Path) -> CorpusCase:
    ids = [*GOOD, "id-3", "x", None]
    texts = [*GOOD.values(), "again", "  ", "no id"]
    pq.write_table(pa.table({"id": ids, "text": texts}), folder / "docs.parquet", row_group_size=7)
    return CorpusCase(ParquetCorpus(CorpusConfig(kind="parquet", path=folder / "docs.parquet")), 43, 3)


def _folder(folder: Path) -> CorpusCase:
    for key, text in GOOD.items():
        path = folder / "sub" / key[-1] / f"{key}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "blank.txt").write_text(" \n")
    (folder / "latin.rst").write_bytes(b"caf\xe9")
    return CorpusCase(FolderCorpus(CorpusConfig(kind="folder", path=folder)), 42, 2)


def _beir(folder: Path) -> CorpusCase:
    _lines(folder / "corpus.jsonl", "_id")
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "which?"}\n{"_id": "q2", "text": "other split"}\n')
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_bytes(b"query-id\tcorpus-id\tscore\r\nq1\tid-3\t1\r\n")
    return CorpusCase(BeirCorpus(CorpusConfig(kind="beir", path=folder)), 43, 3)


def _docstrings(_folder: Path) -> CorpusCase:
    corpus = DocstringsCorpus(CorpusConfig())
    return CorpusCase(corpus, len(list(corpus.documents())), 0)


MAKERS = {"jsonl": _jsonl, "parquet": _parquet, "folder": _folder, "beir": _beir, "docstrings": _docstrings}


@pytest.fixture(scope="module", params=MAKERS)
def built_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CorpusCase:
    return MAKERS[request.param](tmp_path_factory.mktemp("corpus"))


class TestBuiltIn(CorpusContract):
    @pytest.fixture
    def case(self, built_in: CorpusCase) -> CorpusCase:
        return built_in


def _gone_bad_lines(path: Path, id_field: str) -> None:
    bad: list[dict[str, object]] = [
        {id_field: "empty", "text": " "},
        {id_field: "null", "text": None},
        {id_field: "number", "text": 6},
        {id_field: "missing"},
        {id_field: "nul", "text": "a\0b"},
        {id_field: "title", "text": "fine", "title": 6},
        {id_field: 7, "text": ""},
        {id_field: "", "text": "no id"},
        {"text": "no id"},
        {id_field: "good", "text": "again"},
        {id_field: "good", "text": ""},
    ]
    records = [{id_field: "good", "text": "fine"}, *bad]
    path.write_text(
        "\n".join([*map(json.dumps, records), '{"' + id_field + '": "long", "text": "' + "x" * 2000 + '"}'])
    )


LINES_KEPT = {"empty", "null", "number", "missing", "nul", "title", "7", "good"}


def _jsonl_gone_bad(folder: Path) -> tuple[Corpus, set[str], int]:
    _gone_bad_lines(folder / "docs.jsonl", "id")
    config = CorpusConfig(kind="jsonl", path=folder / "docs.jsonl", max_record_bytes=1000)
    return JsonlCorpus(config), LINES_KEPT, 3


def _beir_gone_bad(folder: Path) -> tuple[Corpus, set[str], int]:
    _gone_bad_lines(folder / "corpus.jsonl", "_id")
    return BeirCorpus(CorpusConfig(kind="beir", path=folder, max_record_bytes=1000)), LINES_KEPT, 3


def _parquet_gone_bad(folder: Path) -> tuple[Corpus, set[str], int]:
    ids = ["good", "empty", "null", "nul", "long", "latin", None, "good"]
    texts = [b"fine", b" ", None, b"a\0b", b"x" * 2000, b"caf\xe9", b"no id", b"again"]
    latin = pa.Array.from_buffers(pa.string(), len(texts), pa.array(texts, pa.binary()).buffers())
    pq.write_table(pa.table({"id": ids, "text": latin}), folder / "docs.parquet")
    config = CorpusConfig(kind="parquet", path=folder / "docs.parquet", max_record_bytes=1000)
    return ParquetCorpus(config), {"empty", "null", "nul", "long", "latin", "good"}, 1


def _folder_gone_bad(folder: Path) -> tuple[Corpus, set[str], int]:
    bad = {"blank.md": b" \n", "latin.txt": b"caf\xe9", "nul.rst": b"a\0b", "long.txt": b"x" * 2000}
    (folder / "sub").mkdir()
    for name, content in {**bad, "good.txt": b"fine"}.items():
        (folder / "sub" / name).write_bytes(content)
    (folder / "link.txt").symlink_to("/nowhere")
    (folder / "folder").symlink_to("/")
    (folder / os.fsdecode(b"n\xff.txt")).write_bytes(b"fine")
    os.mkfifo(folder / "pipe.txt")
    kept = {*(f"sub/{name}" for name in bad), "link.txt", "folder", "pipe.txt"}
    return FolderCorpus(CorpusConfig(kind="folder", path=folder, max_record_bytes=1000)), kept, 1


@pytest.mark.parametrize("make", [_jsonl_gone_bad, _beir_gone_bad, _parquet_gone_bad, _folder_gone_bad])
def test_a_rejection_names_the_document_it_would_have_been_wherever_its_id_can_be_read(make, tmp_path: Path) -> None:
    corpus, kept, num_without = make(tmp_path)
    found = list(corpus.documents())
    rejected = [record.document_id for record in found if isinstance(record, Rejection)]
    assert len(rejected) == len(found) - 1
    assert {document_id for document_id in rejected if document_id is not None} == kept
    assert rejected.count(None) == num_without


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named_and_an_unreadable_folder_is_no_document(tmp_path: Path) -> None:
    for name in ("shut.txt", "dir/a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("fine")
    (tmp_path / "shut.txt").chmod(0)
    (tmp_path / "dir").chmod(0)
    found = list(FolderCorpus(CorpusConfig(kind="folder", path=tmp_path)).documents())
    (tmp_path / "dir").chmod(0o700)
    assert {record.source: record.document_id for record in found if isinstance(record, Rejection)} == {
        "shut.txt": "shut.txt",
        "dir": None,
    }


@pytest.mark.parametrize(
    ("kind", "adapter"),
    [("jsonl", JsonlCorpus), ("parquet", ParquetCorpus), ("folder", FolderCorpus), ("beir", BeirCorpus)],
)
class TestSourcesThatAreNotThere:
    """What a user reads who named the wrong source."""

    def test_no_path_is_refused_with_an_example(self, kind: str, adapter: Callable[[CorpusConfig], Corpus]) -> None:
        corpus = adapter(CorpusConfig.model_validate({"kind": kind}))
        with pytest.raises(UserError, match=f"--corpus-kind {kind} --corpus-path"):
            list(corpus.documents())

    def test_a_mistyped_path_is_refused_with_the_nearest(
        self, kind: str, adapter: Callable[[CorpusConfig], Corpus], tmp_path: Path
    ) -> None:
        (tmp_path / "articles").touch()
        corpus = adapter(CorpusConfig.model_validate({"kind": kind, "path": tmp_path / "artcles"}))
        with pytest.raises(UserError, match="did you mean.*articles"):
            list(corpus.documents())

    def test_a_file_for_a_folder_or_the_reverse_is_refused(
        self, kind: str, adapter: Callable[[CorpusConfig], Corpus], tmp_path: Path
    ) -> None:
        path = tmp_path / "there"
        path.mkdir() if kind in ("jsonl", "parquet") else path.touch()
        corpus = adapter(CorpusConfig.model_validate({"kind": kind, "path": path}))
        with pytest.raises(UserError, match="is a folder|is a file"):
            list(corpus.documents())


def test_docstrings_refuse_a_path_that_they_would_not_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="takes no path"):
        list(DocstringsCorpus(CorpusConfig(path=tmp_path)).documents())
