"""State how hits on chunks become rankings of documents and numbers.

tests/unit/retrieval/test_evaluate.py - v0.1.0
"""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.corpora.judgment import Query
from seedbed.errors import UserError
from seedbed.retrieval.evaluate import QUERIES_PER_SEARCH, best_chunks, evaluate, rank_documents
from seedbed.retrieval.judgments import Labels
from seedbed.retrieval.per_query import read_per_query, write_per_query, write_worst
from seedbed.stores.point import Hit


def hit(document_id, score, chunk=0):
    return Hit(id=f"{document_id}-{chunk}", score=score, payload={"document_id": document_id})


def labels(relevance):
    queries = tuple(Query(id=query_id, text=f"ask {query_id}") for query_id in relevance)
    return Labels(queries=queries, relevance=relevance, num_unanswerable=0, num_repeated=0, digest="")


class ListedSearch:
    """Answers every text with the first k of the same hits, and remembers what it was asked."""

    def __init__(self, hits):
        self.hits = hits
        self.asked = []

    def __call__(self, texts, k):
        self.asked.append((len(texts), k))
        return [self.hits[:k] for _ in texts]


def test_document_ranks_by_its_best_chunk():
    ranking = best_chunks([hit("b", 0.9), hit("a", 0.5), hit("a", 0.95, 1), hit("b", 0.1, 1)])

    assert ranking == (("a", 0.95), ("b", 0.9))


def test_equal_scores_are_ordered_by_document_id():
    assert [name for name, _ in best_chunks([hit("c", 0.5), hit("a", 0.5), hit("b", 0.5)])] == ["a", "b", "c"]


def test_more_chunks_are_fetched_until_there_are_enough_documents():
    chunks_of_one = [hit("a", 1 - i / 100, i) for i in range(10)]
    search = ListedSearch([*chunks_of_one, hit("b", 0.5), hit("c", 0.4), hit("d", 0.3)])

    (ranking,) = rank_documents(search, ["text"], 3)

    assert [name for name, _ in ranking] == ["a", "b", "c"]
    assert [k for _, k in search.asked] == [3, 6, 12]


def test_search_ends_when_the_store_has_no_more():
    search = ListedSearch([hit("a", 0.9), hit("a", 0.8, 1), hit("b", 0.7)])

    assert [len(ranking) for ranking in rank_documents(search, ["text"], 5)] == [2]
    assert len(search.asked) == 1


def test_only_queries_that_lack_documents_are_asked_again():
    def search(texts, k):
        asked.append(tuple(texts))
        lists = {"rich": [hit(name, 0.5) for name in "abcd"], "poor": [hit("a", 0.5, i) for i in range(50)]}
        return [lists[text][:k] for text in texts]

    asked: list[tuple[str, ...]] = []
    rank_documents(search, ["rich", "poor"], 2)

    assert asked[0] == ("rich", "poor")
    assert set(asked[1:]) == {("poor",)}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 20)), max_size=60), st.integers(1, 8))
def test_ranking_is_what_fetching_everything_at_once_would_give(chunks, top_k):
    hits = sorted((hit(name, score / 20, i) for i, (name, score) in enumerate(chunks)), key=lambda h: -h.score)

    (ranking,) = rank_documents(ListedSearch(hits), ["text"], top_k)

    best = {name: max(score for other, score in chunks if other == name) / 20 for name, _ in chunks}
    assert [score for _, score in ranking] == sorted(best.values(), reverse=True)[:top_k]
    assert all(best[name] == score for name, score in ranking)
    assert all(left >= right for (_, left), (_, right) in pairwise(ranking))


def test_metrics_are_means_over_the_queries():
    evaluation = evaluate(
        ListedSearch([hit("a", 0.9), hit("b", 0.8)]), labels({"q1": {"a": 1}, "q2": {"b": 1}, "q3": {"z": 1}}), 100
    )

    assert evaluation.metrics["mrr_at_10"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert evaluation.per_query["mrr_at_10"].tolist() == [1, 0.5, 0]
    assert evaluation.left_out == ()


def test_metric_beyond_top_k_is_named_and_not_computed():
    evaluation = evaluate(ListedSearch([hit("a", 0.9)]), labels({"q1": {"a": 1}}), 20)

    assert "recall_at_100" not in evaluation.metrics
    assert evaluation.left_out == ("recall_at_100",)


def test_progress_counts_queries():
    num_queries = QUERIES_PER_SEARCH + 1
    told = []

    evaluate(
        ListedSearch([hit("a", 1.0)]),
        labels({f"q{i}": {"a": 1} for i in range(num_queries)}),
        10,
        lambda *call: told.append(call),
    )

    assert told == [(num_queries // 2, num_queries, "queries"), (num_queries, num_queries, "queries")]


def test_queries_are_asked_in_even_batches_so_that_none_is_left_alone():
    search = ListedSearch([hit("a", 1.0)])

    evaluate(search, labels({f"q{i}": {"a": 1} for i in range(2 * QUERIES_PER_SEARCH + 1)}), 10)

    assert [num_texts for num_texts, _ in search.asked] == [171, 171, 171]


def test_digest_sees_one_bit_of_one_score():
    judged = labels({"q1": {"a": 1}})
    digest = evaluate(ListedSearch([hit("a", 0.5)]), judged, 10).digest

    assert evaluate(ListedSearch([hit("a", 0.5)]), judged, 10).digest == digest
    assert evaluate(ListedSearch([hit("a", float(np.nextafter(0.5, 1)))]), judged, 10).digest != digest


def test_per_query_table_reads_back_to_the_bit(tmp_path):
    evaluation = evaluate(
        ListedSearch([hit("x", 0.9), hit("a", 0.8), hit("b", 1 / 3)]),
        labels({"q1": {"a": 1, "b": 2}, "ü": {"b": 1}}),
        100,
    )

    query_ids, values = read_per_query(write_per_query(evaluation, tmp_path))

    assert query_ids == ("q1", "ü")
    assert {name: column.tobytes() for name, column in values.items()} == {
        name: column.tobytes() for name, column in evaluation.per_query.items()
    }


def test_file_that_is_no_per_query_table_is_refused(tmp_path):
    (tmp_path / "other.parquet").write_text("text")

    for name in ("other.parquet", "missing.parquet"):
        with pytest.raises(UserError, match="no per-query table"):
            read_per_query(tmp_path / name)


def test_worst_queries_come_first_in_a_table_that_text_cannot_break(tmp_path):
    judged = labels({"good": {"a": 1}, "bad": {"z": 1}, "or|so": {"b": 1}})

    lines = write_worst(evaluate(ListedSearch([hit("a", 0.9), hit("b", 0.8)]), judged, 10), tmp_path, 2).read_text()

    rows = lines.splitlines()[2:]
    assert rows == ["| 0.0000 | bad | ask bad | a, b |", "| 0.6309 | or\\|so | ask or\\|so | a, b |"]
