"""State what the intervals and the test promise, and that a seed repeats them to the bit.

tests/unit/retrieval/test_bootstrap.py - v0.1.0
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.retrieval import bootstrap
from seedbed.retrieval.bootstrap import intervals, paired_difference


def generator(seed=7):
    return np.random.default_rng(seed)


VALUES = generator(1).random(200)


def test_same_seed_repeats_the_interval_and_another_seed_does_not():
    first = intervals({"m": VALUES}, generator(), 500)

    assert intervals({"m": VALUES}, generator(), 500) == first
    assert intervals({"m": VALUES}, generator(8), 500) != first


def test_interval_is_as_wide_as_the_standard_error_says():
    interval = intervals({"m": VALUES}, generator())["m"]

    half_width = 1.96 * VALUES.std() / np.sqrt(len(VALUES))
    assert interval.mean == VALUES.mean()
    assert interval.low == pytest.approx(interval.mean - half_width, abs=half_width * 0.08)
    assert interval.high == pytest.approx(interval.mean + half_width, abs=half_width * 0.08)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = generator()
    covered = 0
    for _ in range(300):
        interval = intervals({"m": rng.exponential(size=100)}, rng, 300)["m"]
        covered += interval.low <= 1 <= interval.high

    assert 0.89 <= covered / 300 <= 0.98


def test_metrics_share_the_drawn_queries():
    both = intervals({"m": VALUES, "double": VALUES * 2}, generator(), 200)

    assert both["double"].low == pytest.approx(both["m"].low * 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_interval_encloses_only_what_can_be_drawn(values, seed):
    interval = intervals({"m": np.array(values)}, generator(seed), 50)["m"]

    assert min(values) - 1e-12 <= interval.low <= interval.high <= max(values) + 1e-12


def test_blocks_bound_the_memory_and_lose_no_resample(monkeypatch):
    monkeypatch.setattr(bootstrap, "_CELLS_PER_BLOCK", 450)

    assert [len(rows) for rows in bootstrap._draws(200, generator(), 5)] == [2, 2, 1]


def test_run_compared_with_itself_shows_no_difference():
    same = paired_difference(VALUES, VALUES, generator())

    assert (same.difference, same.low, same.high, same.p_value) == (0, 0, 0, 1)


def test_clear_difference_is_found_and_signed():
    better = paired_difference(VALUES, VALUES + 0.1 + generator(2).normal(0, 0.05, 200), generator())

    assert better.low > 0
    assert better.p_value == pytest.approx(1 / 10_001)
    assert better.num_queries == 200
    worse = paired_difference(VALUES + 0.1, VALUES, generator())
    assert worse.difference == pytest.approx(-0.1)
    assert worse.high < 0


def test_pairing_finds_what_means_alone_would_not():
    hardly = paired_difference(VALUES, VALUES + 0.01, generator())

    assert hardly.p_value < 0.001
    assert VALUES.std() / np.sqrt(len(VALUES)) > 0.01


def test_chance_alone_is_called_a_difference_about_once_in_twenty():
    rng = generator(3)
    found = sum(paired_difference(rng.random(80), rng.random(80), rng, 300).p_value < 0.05 for _ in range(400))

    assert 0.02 <= found / 400 <= 0.09


def test_values_that_cannot_be_paired_are_a_fault_of_the_program():
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_difference(VALUES, VALUES[1:], generator())
    with pytest.raises(ValueError, match="no query"):
        intervals({"m": np.array([])}, generator())
