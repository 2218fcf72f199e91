"""State what of two runs is compared.

tests/unit/retrieval/test_compare.py - v0.1.0
"""

import numpy as np
import pytest

from seedbed.errors import UserError
from seedbed.retrieval.compare import compare_per_query
from seedbed.retrieval.evaluate import Evaluation
from seedbed.retrieval.per_query import write_per_query


def table(folder, values):
    """Write a table with the given values, metric name → query id → value."""
    folder.mkdir()
    query_ids = tuple(next(iter(values.values())))
    evaluation = Evaluation(
        query_ids=query_ids,
        query_texts=query_ids,
        rankings=tuple(() for _ in query_ids),
        per_query={name: np.array(list(column.values()), dtype=float) for name, column in values.items()},
        left_out=(),
    )
    return write_per_query(evaluation, folder)


def compare(first, second, seed=7):
    return compare_per_query(first, second, np.random.default_rng(seed), 500)


def test_queries_are_paired_by_id_and_not_by_row(tmp_path):
    first = table(tmp_path / "a", {"ndcg_at_10": {"q1": 0.0, "q2": 1.0, "q3": 0.5}})
    second = table(tmp_path / "b", {"ndcg_at_10": {"q3": 0.75, "q1": 0.25, "q2": 1.25}})

    difference = compare(first, second)["ndcg_at_10"]

    assert (difference.difference, difference.low, difference.high) == (0.25, 0.25, 0.25)
    assert difference.num_queries == 3


def test_only_what_both_runs_have_is_compared(tmp_path):
    first = table(tmp_path / "a", {"ndcg_at_10": {"q1": 0.0, "q2": 1.0}, "recall_at_100": {"q1": 1, "q2": 1}})
    second = table(tmp_path / "b", {"ndcg_at_10": {"q2": 1.0, "q9": 0.0}})

    differences = compare(first, second)

    assert differences.keys() == {"ndcg_at_10"}
    assert (differences["ndcg_at_10"].num_queries, differences["ndcg_at_10"].difference) == (1, 0.0)


def test_same_seed_compares_to_the_bit(tmp_path):
    values = np.random.default_rng(1).random((2, 50))
    first, second = (
        table(tmp_path / name, {"ndcg_at_10": {f"q{i}": value for i, value in enumerate(row)}})
        for name, row in zip("ab", values, strict=True)
    )

    assert compare(first, second) == compare(first, second)
    assert compare(first, second) != compare(first, second, seed=8)


@pytest.mark.parametrize("other", [{"ndcg_at_10": {"q9": 0.0}}, {"map_at_10": {"q1": 0.0}}])
def test_runs_that_share_nothing_are_refused(tmp_path, other):
    first = table(tmp_path / "a", {"ndcg_at_10": {"q1": 0.0}})

    with pytest.raises(UserError, match="cannot be compared; give two runs over the same labels"):
        compare(first, table(tmp_path / "b", other))
