"""State which seeds are run, and what is said of their spread.

tests/unit/experiments/test_repeat.py - v0.1.0
"""

import math

import numpy as np
import pytest
from scipy import stats

from seedbed.errors import UserError
from seedbed.experiments.repeat import parse_seeds, spreads_of
from seedbed.experiments.spread import paired_t_test, spread_of
from seedbed.experiments.trial import Trial


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0-9", tuple(range(10))),
        ("1,5,7", (1, 5, 7)),
        ("0-1, 4", (0, 1, 4)),
        ("4294967294-4294967295", (2**32 - 2, 2**32 - 1)),
    ],
)
def test_seeds_are_numbers_and_ranges_with_both_ends(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no seed"),
        ("9-0", "the lower first"),
        ("0-4294967296", "is no seed from 0 to 4294967295"),
        ("0-1000", "no range of at most 1000"),
        ("-1", "is no seed"),
        ("1.5", "is no seed"),
        ("0-3,2", "has a seed twice"),
        ("7", "names 1; a spread takes 2 to 1000. For one run: --seed 7"),
        ("0-999,1000", "names 1001"),
    ],
)
def test_what_is_no_list_of_seeds_is_refused_with_what_is_one(text, words):
    with pytest.raises(UserError, match=words):
        parse_seeds(text)


def test_interval_is_students():
    values = list(np.random.default_rng(3).normal(0.7, 0.1, 10))
    spread = spread_of(values)
    low, high = stats.t.interval(0.95, 9, loc=np.mean(values), scale=stats.sem(values))

    assert spread.mean == pytest.approx(np.mean(values), rel=1e-14)
    assert spread.std == pytest.approx(np.std(values, ddof=1), rel=1e-12)
    assert spread.variance == pytest.approx(np.var(values, ddof=1), rel=1e-12)
    assert (spread.low, spread.high) == pytest.approx((low, high), rel=1e-12)
    assert (spread.minimum, spread.maximum, spread.num_seeds) == (min(values), max(values), 10)


def test_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(11)
    spreads = [spread_of(list(rng.normal(5, 2, 10))) for _ in range(2000)]

    covered = np.mean([spread.low <= 5 <= spread.high for spread in spreads])

    assert 0.935 < covered < 0.965


def test_metric_that_the_seed_does_not_move_has_no_spread_at_all():
    spread = spread_of([0.1 + 0.2] * 7)

    assert (spread.variance, spread.std) == (0.0, 0.0)
    assert spread.low == spread.high == spread.mean == 0.1 + 0.2


def test_one_value_has_no_interval():
    spread = spread_of([0.5])

    assert (spread.mean, spread.low, spread.high) == (0.5, None, None)


def test_groups_of_the_same_seeds_are_tested_pair_by_pair():
    rng = np.random.default_rng(5)
    first = rng.normal(0.7, 0.1, 12)
    second = first + rng.normal(0.02, 0.02, 12)

    test = paired_t_test(list(first), list(second))
    expected = stats.ttest_rel(second, first)

    assert test.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert test.difference == pytest.approx(np.mean(second - first), rel=1e-12)
    assert (test.low, test.high) == pytest.approx(tuple(expected.confidence_interval(0.95)), rel=1e-9)
    assert (test.num_pairs, test.unit) == (12, "seeds")


def test_equal_groups_differ_by_chance_alone_and_shifted_ones_do_not():
    assert paired_t_test([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).p_value == 1.0
    assert paired_t_test([1.0, 2.0, 3.0], [1.5, 2.5, 3.5]).p_value == 0.0


def trial(number, state="finished", **metrics):
    return Trial(number=number, seed=number, state=state, metrics=metrics)


def test_only_what_every_finished_run_measured_has_a_spread():
    spreads = spreads_of([
        trial(0, recall=0.5, recall_low=0.4, recall_high=0.6, rare=1.0),
        trial(1, "failed", recall=0.0),
        trial(2, recall=0.7, recall_low=0.6, recall_high=0.8),
    ])  # fmt: skip

    assert spreads.keys() == {"recall"}
    assert math.isclose(spreads["recall"].mean, 0.6)
    assert spreads["recall"].num_seeds == 2


def test_no_finished_run_has_no_spread():
    assert spreads_of([trial(0, "failed")]) == {}
