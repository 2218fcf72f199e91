"""Pin the metrics to values computed by hand and to what must hold for every ranking.

tests/unit/retrieval/test_metrics.py - v0.1.0
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.retrieval.metrics import METRICS, measurable, score_rankings

LOG2_3 = math.log2(3)
BEYOND = ("recall_at_100", "ndcg_at_10", "recall_at_10", "mrr_at_10", "map_at_10")
"""What needs more than nine documents, the most first."""


def score_one(ranking, grades):
    return {name: values[0] for name, values in score_rankings({"q": ranking}, {"q": grades}, list(METRICS)).items()}


@pytest.mark.parametrize(
    ("ranking", "grades", "expected"),
    [
        pytest.param(["a"], {"a": 1}, dict.fromkeys(METRICS, 1.0), id="the one relevant document first"),
        pytest.param(
            ["x", "a"],
            {"a": 1},
            {"ndcg_at_10": 1 / LOG2_3, "recall_at_10": 1, "recall_at_100": 1, "mrr_at_10": 1 / 2, "map_at_10": 1 / 2},
            id="second place",
        ),
        pytest.param(
            ["a", "x", "b", "y"],
            {"a": 1, "b": 1, "c": 1, "y": 0},
            {
                "ndcg_at_10": (1 + 1 / 2) / (1 + 1 / LOG2_3 + 1 / 2),
                "recall_at_10": 2 / 3,
                "recall_at_100": 2 / 3,
                "mrr_at_10": 1,
                "map_at_10": (1 + 2 / 3) / 3,
            },
            id="two of three, one judged and not relevant",
        ),
        pytest.param(
            ["b", "a"],
            {"a": 2, "b": 1},
            {
                "ndcg_at_10": (1 + 2 / LOG2_3) / (2 + 1 / LOG2_3),
                "recall_at_10": 1,
                "recall_at_100": 1,
                "mrr_at_10": 1,
                "map_at_10": 1,
            },
            id="graded: the gain is the grade",
        ),
        pytest.param(
            [f"x{i}" for i in range(10)] + ["a"],
            {"a": 1},
            {"ndcg_at_10": 0, "recall_at_10": 0, "recall_at_100": 1, "mrr_at_10": 0, "map_at_10": 0},
            id="eleventh place is beyond a cutoff of 10",
        ),
        pytest.param(
            [f"x{i}" for i in range(5)] + ["a"],
            {"a": 1},
            {"ndcg_at_5": 0, "recall_at_5": 0, "mrr_at_5": 0, "map_at_5": 0, "recall_at_10": 1, "mrr_at_10": 1 / 6},
            id="sixth place is beyond a cutoff of 5",
        ),
        pytest.param(
            ["x", "a", "b"],
            {"a": 1, "b": 1},
            {"recall_at_5": 1, "mrr_at_5": 1 / 2, "map_at_5": (1 / 2 + 2 / 3) / 2},
            id="second and third place are within a cutoff of 5",
        ),
        pytest.param([], {"a": 1}, dict.fromkeys(METRICS, 0.0), id="nothing found"),
        pytest.param(["a", "b"], {"a": -1, "b": 1}, {"mrr_at_10": 0.5, "ndcg_at_10": 1 / LOG2_3}, id="below zero is 0"),
    ],
)
def test_metrics_have_the_values_computed_by_hand(ranking, grades, expected):
    scored = score_one(ranking, grades)

    assert {name: scored[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_order_of_the_ranking_decides_and_not_the_document_ids():
    assert score_one(["z", "a"], {"z": 1})["mrr_at_10"] == 1
    assert score_one(["a", "z"], {"a": 1})["mrr_at_10"] == 1


def test_values_stand_in_the_order_of_the_rankings():
    rankings = {"q2": ["x", "a"], "q1": ["b"], "q3": []}

    values = score_rankings(rankings, {"q1": {"b": 1}, "q2": {"a": 1}, "q3": {"c": 1}}, ["mrr_at_10"])

    assert values["mrr_at_10"].tolist() == [0.5, 1.0, 0.0]


def test_ranking_with_a_document_twice_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="twice"):
        score_one(["a", "a"], {"a": 1})


@pytest.mark.parametrize(
    ("top_k", "left_out"),
    [(100, ()), (99, BEYOND[:1]), (10, BEYOND[:1]), (9, BEYOND), (5, BEYOND)],
)
def test_metric_that_looks_beyond_top_k_is_left_out(top_k, left_out):
    names, missing = measurable(top_k)

    assert set(missing) == set(left_out)
    assert set(names) | set(missing) == set(METRICS)


document_ids = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=5)
grades = st.dictionaries(document_ids, st.integers(0, 3), min_size=1, max_size=15)


@given(grades.filter(lambda grades: max(grades.values()) > 0), st.lists(document_ids, unique=True, max_size=120))
def test_every_metric_lies_between_0_and_1_and_agrees_with_its_definition(grades, ranking):
    scored = score_one(ranking, grades)

    assert all(0 <= value <= 1 for value in scored.values())
    gains = [grades.get(document_id, 0) for document_id in ranking[:10]]
    ideal = sorted(grades.values(), reverse=True)[:10]
    discounted = [sum(gain / math.log2(rank + 2) for rank, gain in enumerate(row)) for row in (gains, ideal)]
    assert scored["ndcg_at_10"] == pytest.approx(discounted[0] / discounted[1])
    num_relevant = sum(grade > 0 for grade in grades.values())
    assert scored["recall_at_10"] == pytest.approx(sum(gain > 0 for gain in gains) / num_relevant)
    first = next((rank for rank, gain in enumerate(gains, 1) if gain > 0), math.inf)
    assert scored["mrr_at_10"] == pytest.approx(1 / first)


@given(grades.filter(lambda grades: 0 < sum(grade > 0 for grade in grades.values()) <= 5))
def test_perfect_ranking_scores_1_everywhere(grades):
    relevant = sorted((document_id for document_id in grades if grades[document_id]), key=lambda name: -grades[name])

    assert score_one(relevant, grades) == pytest.approx(dict.fromkeys(METRICS, 1.0))
