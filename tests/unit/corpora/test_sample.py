"""Specify which texts stand for a corpus.

tests/unit/corpora/test_sample.py - v0.1.0
"""

from collections.abc import Iterator

import pytest

from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Corpus
from seedbed.corpora.sample import sample_contents
from seedbed.errors import UserError


class Numbers(Corpus):
    """Has so many documents, and one record that is none; counts what is read."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.num_read = 0

    def documents(self) -> Iterator[Document | Rejection]:
        yield Rejection(source="here", line=1, reason="broken")
        for number in range(self.number):
            self.num_read += 1
            yield Document(id=str(number), text=str(number))


def test_texts_are_picked_evenly_from_the_whole_of_a_small_corpus() -> None:
    assert sample_contents(Numbers(10), 3) == ["0", "3", "6"]


def test_a_corpus_with_fewer_texts_gives_them_all() -> None:
    assert sample_contents(Numbers(2), 5) == ["0", "1"]


def test_a_large_corpus_is_not_read_to_its_end() -> None:
    corpus = Numbers(10_000)
    assert len(sample_contents(corpus, 3)) == 3
    assert corpus.num_read <= 61


def test_a_corpus_without_documents_is_refused() -> None:
    with pytest.raises(UserError, match="no document"):
        sample_contents(Numbers(0), 3)
