"""State which labels are taken, which are refused, which are set aside.

tests/unit/retrieval/test_judgments.py - v0.1.0
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.judgment import Judgment, Query
from seedbed.corpora.ports import LabelledCorpus
from seedbed.errors import UserError
from seedbed.retrieval.judgments import load_labels


@dataclass
class ListedCorpus(LabelledCorpus):
    """Labels from lists."""

    query_texts: tuple[tuple[str, str], ...]
    grades: tuple[tuple[str, str, int], ...]

    def documents(self) -> Iterator[Document | Rejection]:
        return iter(())

    def queries(self) -> Iterator[Query]:
        return (Query(id=query_id, text=text) for query_id, text in self.query_texts)

    def judgments(self) -> Iterator[Judgment]:
        return (Judgment(query_id=q, document_id=d, relevance=r) for q, d, r in self.grades)


QUERIES = (("q1", "first"), ("q2", "second"))
GRADES = (("q1", "a", 1), ("q1", "b", 0), ("q2", "c", 2))


def test_labels_hold_every_query_with_its_judgments():
    labels = load_labels(ListedCorpus(QUERIES, GRADES))

    assert [query.id for query in labels.queries] == ["q1", "q2"]
    assert labels.relevance == {"q1": {"a": 1, "b": 0}, "q2": {"c": 2}}
    assert (labels.num_unanswerable, labels.num_repeated) == (0, 0)


@pytest.mark.parametrize("grade", [("q3", "a", 0), ("q3", "a", -1)])
def test_query_without_relevant_document_is_set_aside_and_counted(grade, caplog):
    with caplog.at_level(logging.WARNING):
        labels = load_labels(ListedCorpus((*QUERIES, ("q3", "third"), ("q4", "unjudged")), (*GRADES, grade)))

    assert [query.id for query in labels.queries] == ["q1", "q2"]
    assert labels.num_unanswerable == 2
    assert [record.message for record in caplog.records] == ["labels_set_aside"]


def test_judgment_that_says_the_same_again_counts_once():
    labels = load_labels(ListedCorpus(QUERIES, (*GRADES, GRADES[0], GRADES[0])))

    assert labels.relevance["q1"] == {"a": 1, "b": 0}
    assert labels.num_repeated == 2


@pytest.mark.parametrize(
    ("queries", "grades", "words"),
    [
        pytest.param((*QUERIES, ("q1", "again")), GRADES, "'q1' is there twice", id="query id twice"),
        pytest.param((*QUERIES, ("q3", "  ")), GRADES, "'q3' has no text", id="empty query"),
        pytest.param(QUERIES, (*GRADES, ("q9", "a", 1)), "unknown queries, the first 'q9'", id="unknown query"),
        pytest.param(QUERIES, (*GRADES, ("q1", "a", 2)), "judged 1 and 2", id="contradiction"),
        pytest.param(QUERIES, (("q1", "a", 0),), "none of 2 queries", id="nothing relevant"),
        pytest.param((), (), "none of 0 queries", id="no query"),
    ],
)
def test_labels_that_cannot_be_trusted_are_refused_in_one_line(queries, grades, words):
    with pytest.raises(UserError, match=words) as caught:
        load_labels(ListedCorpus(queries, grades))

    assert "\n" not in str(caught.value)


def test_digest_changes_with_content_and_not_with_order():
    digest = load_labels(ListedCorpus(QUERIES, GRADES)).digest

    assert load_labels(ListedCorpus(QUERIES[::-1], GRADES[::-1])).digest == digest
    assert load_labels(ListedCorpus(QUERIES, (*GRADES[:2], ("q2", "c", 1)))).digest != digest
    assert load_labels(ListedCorpus((("q1", "First"), QUERIES[1]), GRADES)).digest != digest
