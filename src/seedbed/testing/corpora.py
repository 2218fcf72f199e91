"""Specify what every corpus does.

src/seedbed/testing/corpora.py - v0.1.0

Derive a class of tests from it, and give it your corpus over a source of which you know what it holds, bad records
included.

```mermaid
classDiagram
    CorpusContract ..> CorpusCase : asks for
    CorpusCase ..> Corpus : holds
```
"""

from dataclasses import dataclass

import pytest

from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Corpus, LabelledCorpus


@dataclass(frozen=True)
class CorpusCase:
    """A corpus with what it must yield."""

    corpus: Corpus
    num_records: int
    num_rejected: int


class CorpusContract:
    """Promises of a `Corpus`: one answer per record, the same each time, and no record that stops the rest."""

    @pytest.fixture
    def case(self) -> CorpusCase:
        """Return a corpus with what it must yield."""
        pytest.fail(f"{type(self).__name__} needs a fixture `case`: see docs/how-to/own-corpus.md", pytrace=False)

    def test_every_record_is_a_document_or_a_rejection(self, case: CorpusCase) -> None:
        found = list(case.corpus.documents())
        assert len(found) == case.num_records
        assert sum(isinstance(record, Rejection) for record in found) == case.num_rejected

    def test_each_call_starts_anew_and_yields_the_same(self, case: CorpusCase) -> None:
        first = case.corpus.documents()
        next(first)
        whole = list(case.corpus.documents())
        assert len(whole) == case.num_records
        assert list(case.corpus.documents()) == whole

    def test_ids_are_unique(self, case: CorpusCase) -> None:
        ids = [record.id for record in case.corpus.documents() if isinstance(record, Document)]
        assert len(set(ids)) == len(ids)

    def test_texts_can_be_encoded_and_are_not_blank(self, case: CorpusCase) -> None:
        for record in case.corpus.documents():
            if isinstance(record, Document):
                assert record.text.strip()
                assert b"\0" not in record.content.encode()

    def test_rejections_name_source_reason_and_a_short_excerpt(self, case: CorpusCase) -> None:
        for record in case.corpus.documents():
            if isinstance(record, Rejection):
                assert record.source
                assert record.reason
                assert "\n" not in record.reason
                assert len(record.excerpt) <= 200
                assert record.excerpt.isprintable()

    def test_estimated_number_of_records_is_close(self, case: CorpusCase) -> None:
        estimate = case.corpus.num_records()
        assert estimate is None or abs(estimate - case.num_records) <= 3

    def test_queries_and_judgments_belong_together(self, case: CorpusCase) -> None:
        if not isinstance(case.corpus, LabelledCorpus):
            pytest.skip("has no labels")
        queries = {query.id for query in case.corpus.queries()}
        judged = list(case.corpus.judgments())
        ids = {record.id for record in case.corpus.documents() if isinstance(record, Document)}
        assert queries == {judgment.query_id for judgment in judged}
        assert {judgment.document_id for judgment in judged} <= ids
