"""Specify the known-item task that the standard library's docstrings make.

tests/unit/corpora/test_docstrings.py - v0.1.0
"""

import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.corpora.adapters.docstrings import DocstringsCorpus
from seedbed.corpora.config import CorpusConfig
from seedbed.corpora.standard_library import standard_library_docstrings
from seedbed.errors import WorldError


@pytest.fixture(scope="module")
def corpus() -> DocstringsCorpus:
    return DocstringsCorpus(CorpusConfig())


def plain(text: str) -> str:
    return " ".join(text.casefold().split())


def test_there_are_thousands_of_texts_and_questions(corpus: DocstringsCorpus) -> None:
    assert len(list(corpus.documents())) > 5_000
    assert len(list(corpus.queries())) > 1_500


def test_no_question_stands_in_its_answer(corpus: DocstringsCorpus) -> None:
    texts = {document.id: plain(document.content) for document in corpus.documents()}
    for query in corpus.queries():
        assert plain(query.text) not in texts[query.id]


def test_a_question_asks_for_one_document_only(corpus: DocstringsCorpus) -> None:
    questions = [plain(query.text) for query in corpus.queries()]
    assert len(set(questions)) == len(questions)
    texts = [plain(document.text) for document in corpus.documents()]
    assert not set(questions) & set(texts)
    answers = {document.id: plain(document.text) for document in corpus.documents()}
    judged = [answers[judgment.document_id] for judgment in corpus.judgments()]
    assert all(texts.count(text) == 1 for text in judged[:200])


def test_known_object_is_there_with_its_rest_as_text(corpus: DocstringsCorpus) -> None:
    (document,) = [document for document in corpus.documents() if document.id == "textwrap.dedent"]
    (query,) = [query for query in corpus.queries() if query.id == "textwrap.dedent"]
    assert query.text == "Remove any common leading whitespace from every line in `text`."
    assert document.text.startswith("This can be used to make triple-quoted strings line up")
    assert document.metadata == {"module": "textwrap", "kind": "function"}


def test_sources_are_parsed_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text('"""Package docs."""\nraise SystemExit("was imported")\n')
    (tmp_path / "pkg" / "odd.py").write_text("def broken(:\n")
    (tmp_path / "pkg" / "warns.py").write_text('def f():\n    """Escape \\d."""\nif f:\n    class C:\n        "Say."\n')
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "t.py").write_text('"""Tests."""')
    found = list(standard_library_docstrings(tmp_path))
    assert [(one.name, one.kind) for one in found] == [
        ("pkg", "module"),
        ("pkg.warns.f", "function"),
        ("pkg.warns.C", "class"),
    ]


def test_escapes_that_cannot_be_stored_are_written_out(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text('"""Half \\ud800 and \\0."""')
    assert [one.text for one in standard_library_docstrings(tmp_path)] == ["Half \\ud800 and \\0."]


def test_python_without_sources_is_the_worlds_fault(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="choose another corpus"):
        list(standard_library_docstrings(tmp_path))


def test_another_process_reads_the_same(corpus: DocstringsCorpus) -> None:
    code = (
        "from seedbed.corpora.adapters.docstrings import *; from seedbed.digests import digest_stream;"
        "print(digest_stream(d.model_dump_json() for d in DocstringsCorpus(CorpusConfig()).documents()))"
    )
    from seedbed.digests import digest_stream

    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == digest_stream(document.model_dump_json() for document in corpus.documents())
