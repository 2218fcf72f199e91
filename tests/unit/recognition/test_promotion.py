"""Test that only a model that is better, and not by chance, becomes the champion.

tests/unit/recognition/test_promotion.py - v0.1.0
"""

import numpy as np

from seedbed.ner.scores import Counts
from seedbed.recognition.promotion import decide

GOOD, BAD = Counts(right=2), Counts(right=1, wrong=1, missed=1)


def rng():
    return np.random.default_rng(7)


def test_first_model_becomes_the_champion():
    assert decide(None, [BAD] * 10, rng()).promoted


def test_clearly_better_model_is_promoted_and_a_worse_one_is_not():
    good, bad = [GOOD] * 90 + [BAD] * 10, [GOOD] * 60 + [BAD] * 40

    assert decide(bad, good, rng()).promoted
    assert not decide(good, bad, rng()).promoted
    assert decide(good, bad, rng()).share == 0


def test_equal_model_is_not_promoted():
    verdict = decide([GOOD, BAD] * 50, [GOOD, BAD] * 50, rng())
    assert (verdict.promoted, verdict.share) == (False, 0.0)


def test_model_that_is_better_by_a_hair_is_not_promoted():
    before = [GOOD, BAD] * 50
    after = [*before[:-1], GOOD]
    verdict = decide(before, after, rng())

    assert not verdict.promoted
    assert "95% are needed" in verdict.reason
