"""Test that tags are read as the CoNLL scorer reads them.

tests/unit/ner/test_tags.py - v0.1.0
"""

import random
import warnings

import pytest

from seedbed.ner.sample import of_words
from seedbed.ner.scores import Counts, by_label, count
from seedbed.ner.tags import spans_of_tags, tags_of_spans

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
    from seqeval.metrics.sequence_labeling import get_entities

LABELS = ("PERSON", "ORG", "GPE")


def legal(rng: random.Random) -> list[str]:
    """Return tags as an annotator would write them."""
    tags: list[str] = []
    while len(tags) < 15:
        label = rng.choice(LABELS)
        tags += rng.choice([["O"], [f"B-{label}"], [f"B-{label}", f"I-{label}"], [f"B-{label}", *[f"I-{label}"] * 3]])
    return tags


def broken(rng: random.Random) -> list[str]:
    """Return any tags whatever."""
    return [rng.choice(["O", *(f"{prefix}-{label}" for prefix in "BI" for label in LABELS)]) for _ in range(15)]


def all_prefixes(rng: random.Random) -> list[str]:
    """Return any tags, also of the schemes that mark ends."""
    return [rng.choice(["O", *(f"{prefix}-{label}" for prefix in "BIES" for label in LABELS)]) for _ in range(15)]


@pytest.mark.parametrize("kind", [legal, broken, all_prefixes])
def test_spans_are_those_of_seqeval_on_a_thousand_random_taggings(kind):
    rng = random.Random(7)
    for _ in range(1_000):
        tags = kind(rng)
        expected = [(start, end + 1, label) for label, start, end in get_entities(tags)]
        assert [tuple(span) for span in spans_of_tags(tags)] == expected, tags


@pytest.mark.parametrize("kind", [legal, broken])
def test_scores_equal_those_of_seqeval_on_a_thousand_random_taggings(kind):
    rng = random.Random(11)
    for _ in range(200):
        gold, found = ([kind(rng)[:15] for _ in range(5)] for _ in range(2))
        total = sum((count(spans_of_tags(a), spans_of_tags(b)) for a, b in zip(gold, found, strict=True)), Counts())
        assert total.f1 == pytest.approx(f1_score(gold, found, zero_division=0), abs=1e-12)
        assert total.precision == pytest.approx(precision_score(gold, found, zero_division=0), abs=1e-12)
        assert total.recall == pytest.approx(recall_score(gold, found, zero_division=0), abs=1e-12)


def test_scores_of_each_label_equal_those_of_seqeval():
    rng = random.Random(13)
    gold, found = ([broken(rng) for _ in range(50)] for _ in range(2))
    words = [f"w{place}" for place in range(15)]
    right, got = ([of_words(words, tags, "").spans for tags in each] for each in (gold, found))
    expected = classification_report(gold, found, output_dict=True, zero_division=0)

    for label, counts in by_label(right, got).items():
        assert counts.f1 == pytest.approx(expected[label]["f1-score"], abs=1e-12)
        assert counts.right + counts.missed == expected[label]["support"]


def test_tags_of_spans_are_read_back_as_the_same_spans():
    rng = random.Random(17)
    for _ in range(200):
        spans = spans_of_tags(broken(rng))
        assert spans_of_tags(tags_of_spans(spans, 15)) == spans


def test_nothing_found_and_nothing_there_is_no_score_to_be_proud_of():
    assert count([], []) == Counts()
    assert (Counts().f1, Counts().precision, Counts().recall) == (0.0, 0.0, 0.0)
