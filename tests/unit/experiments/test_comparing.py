"""State in what runs differ, and whether by more than chance.

tests/unit/experiments/test_comparing.py - v0.1.0
"""

from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import stats

from seedbed.experiments.compare import compare
from seedbed.experiments.differences import differences
from seedbed.experiments.paired import holm
from seedbed.experiments.repeat import SPREADS_FILE, RepeatResult, spreads_of
from seedbed.experiments.trial import Trial
from seedbed.retrieval.evaluate import Evaluation
from seedbed.retrieval.per_query import write_per_query
from seedbed.tracking.provenance import collect
from seedbed.tracking.record import RunRecord


def record(number, params=None, metrics=None, **tags):
    return RunRecord(
        run_id=f"{number:032x}",
        experiment="mine",
        name="",
        status="FINISHED",
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
        ended_at=None,
        params=params or {},
        metrics=metrics or {},
        tags={f"seedbed.{name}": text for name, text in tags.items()},
        artifact_uri="",
    )


def folders(tmp_path, num=2):
    for name in range(num):
        (tmp_path / str(name)).mkdir()
    return [tmp_path / str(name) for name in range(num)]


def test_only_what_differs_is_named_with_none_for_what_is_not_there():
    one = record(1, {"k": "10", "same": "x"}, **{"git.commit": "a", "python": "3.13.0", "data.corpus": "d"})
    other = record(2, {"k": "20", "same": "x", "new": "1"}, **{"git.commit": "b", "python": "3.13.0"})

    found = differences([one, other])

    assert found.config == {"k": ("10", "20"), "new": (None, "1")}
    assert (found.code, found.data) == ({"git.commit": ("a", "b")}, {"data.corpus": ("d", None)})
    assert (found.environment, found.num_same_config) == ({}, 1)


def test_code_of_a_plugin_that_differs_is_named():
    one, other = (record(n, **{"plugin.corpus": f"words = w:W, w 1, commit {n}"}) for n in (1, 2))
    assert list(differences([one, other]).code) == ["plugin.corpus"]


def test_packages_and_variables_that_differ_are_named(tmp_path):
    one = collect(tmp_path).model_copy(
        update={"packages": {"numpy": "2.0", "gone": "1", "same": "1"}, "variables": {"PYTHONHASHSEED": "7"}}
    )
    other = one.model_copy(update={"packages": {"numpy": "2.1", "same": "1"}, "variables": {"OMP_NUM_THREADS": "2"}})

    found = differences([record(1), record(2)], [one, other]).environment

    assert found == {"package numpy": ("2.0", "2.1"), "package gone": ("1", None), "OMP_NUM_THREADS": (None, "2")}


def per_query(folder, values):
    ids = tuple(f"q{i}" for i in range(len(values)))
    write_per_query(Evaluation(ids, ids, tuple(() for _ in ids), {"ndcg_at_10": np.array(values)}, ()), folder)


def test_runs_over_the_same_queries_are_tested_query_by_query(tmp_path):
    one, other = folders(tmp_path)
    rng = np.random.default_rng(1)
    before = rng.random(60)
    per_query(one, before)
    per_query(other, before + 0.1)

    row = compare(
        [record(1, metrics={"ndcg_at_10": 0.5}), record(2, metrics={"ndcg_at_10": 0.6})], [one, other]
    ).metrics[0]

    assert row.tests[0] is None
    assert row.tests[1] is not None
    assert row.tests[1].difference == pytest.approx(0.1)
    assert (row.tests[1].num_pairs, row.tests[1].unit) == (60, "queries")
    assert row.p_adjusted[1] == row.tests[1].p_value < 0.001


def spreads(folder, values, seeds):
    trials = [
        Trial(number=i, seed=seed, state="finished", metrics={"loss": value})
        for i, (seed, value) in enumerate(zip(seeds, values, strict=True))
    ]
    result = RepeatResult(run_id="", experiment="", metrics=spreads_of(trials), trials=tuple(trials), num_failed=0)
    (folder / SPREADS_FILE).write_text(result.model_dump_json())


def test_groups_are_tested_over_the_seeds_that_both_ran(tmp_path):
    one, other = folders(tmp_path)
    spreads(one, [0.5, 0.6, 0.7, 0.9], [1, 2, 3, 4])
    spreads(other, [0.71, 0.62, 0.53], [3, 2, 1])

    test = (
        compare([record(1, metrics={"loss": 0.6}), record(2, metrics={"loss": 0.6})], [one, other]).metrics[0].tests[1]
    )

    assert test is not None
    assert (test.num_pairs, test.unit) == (3, "seeds")
    assert test.p_value == pytest.approx(stats.ttest_rel([0.53, 0.62, 0.71], [0.5, 0.6, 0.7]).pvalue)


def test_runs_that_cannot_be_paired_say_why(tmp_path):
    one, other, third = folders(tmp_path, 3)
    spreads(one, [0.5, 0.6], [1, 2])
    spreads(third, [0.5, 0.6], [8, 9])

    found = compare([record(i, metrics={"loss": 0.5}) for i in range(3)], [one, other, third])

    assert found.metrics[0].tests == (None, None, None)
    assert found.not_tested[0] == ""
    assert "nothing can be paired" in found.not_tested[1]
    assert "share 0 seeds" in found.not_tested[2]


def test_adjusted_p_values_are_holms():
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
