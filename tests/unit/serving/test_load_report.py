"""Test that load is summed up as it was.

tests/unit/serving/test_load_report.py - v0.1.0
"""

import pytest

from seedbed.serving.load import Timed
from seedbed.serving.load_report import level

FAST = Timed(first_s=0.1, gaps_s=(0.01, 0.03), seconds=0.14, num_tokens=3)
SLOW_TO_BEGIN = FAST._replace(first_s=2.0, seconds=2.04)
SLOW_TO_GO_ON = FAST._replace(seconds=1.1)
FAILED = Timed(0, (), 0.5, 0, "gone")


def test_goodput_counts_answers_that_met_both_limits():
    summed = level([FAST, FAST, SLOW_TO_BEGIN, SLOW_TO_GO_ON, FAILED], 2.0, 5, (1000, 100))
    assert (summed.goodput_per_s, summed.answers_per_s, summed.tokens_per_s) == (1.0, 2.0, 6.0)
    assert (summed.num_answers, summed.num_failures, summed.failure) == (4, 1, "gone")


def test_waiting_times_are_those_of_answers_alone():
    summed = level([FAST, FAILED], 1.0, 1, (1000, 100))
    assert summed.ttft_p99_ms == pytest.approx(100)
    assert (summed.itl_p50_ms, summed.itl_p95_ms) == pytest.approx((10, 30))


def test_an_answer_of_one_token_has_no_time_between_tokens():
    assert Timed(0.2, (), 0.2, 1).token_s == 0
