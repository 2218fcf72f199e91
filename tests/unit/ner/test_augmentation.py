"""Test that augmented texts stay rightly marked, and are the same when they are made again.

tests/unit/ner/test_augmentation.py - v0.1.0
"""

from pathlib import Path

import pytest

from seedbed.ner.adapters.faker_names import FakerNames
from seedbed.ner.annotated_text import parse_annotated
from seedbed.ner.augmentation import AugmentationConfig, Augmenter
from seedbed.ner.corpus import read_samples
from seedbed.ner.sample import Sample, of_annotated, of_words
from seedbed.tracking.seeds import SeedPlan

TRAIN = read_samples(Path("data/ner/source/train/news.txt"))
NOTHING = dict.fromkeys(("replaced", "invented", "lowered", "raised", "unpointed"), 0.0)


def augmenter(samples, seed=7, **changes):
    return Augmenter(samples, AugmentationConfig(**NOTHING | changes), FakerNames, SeedPlan(root=seed).generator)


def names(samples):
    return [[sample.text[span.start : span.end] for span in sample.spans] for sample in samples]


def test_equal_seeds_and_epochs_give_equal_texts_and_others_do_not():
    first, again = (augmenter(TRAIN, replaced=0.7, invented=0.5, lowered=0.2) for _ in range(2))

    assert first.epoch(3) == again.epoch(3)  # whatever was asked before
    assert first.epoch(0) != first.epoch(3)
    assert first.epoch(3) != augmenter(TRAIN, seed=8, replaced=0.7, invented=0.5, lowered=0.2).epoch(3)


def test_replaced_names_stand_where_the_spans_say():
    changed = augmenter(TRAIN, replaced=1, invented=0.5).epoch(0)

    assert names(changed) != names(TRAIN)
    for before, after in zip(TRAIN, changed, strict=True):
        assert [span.label for span in after.spans] == [span.label for span in before.spans]
        assert _around(before) == _around(after)


def test_nothing_changes_when_nothing_is_asked_for():
    assert augmenter(TRAIN).epoch(0) == TRAIN


def test_case_and_full_stop_change_on_request():
    sample = of_annotated(parse_annotated("[Ann|PERSON] went.", ""))
    assert augmenter([sample], lowered=1).epoch(0)[0].text == "ann went."
    assert augmenter([sample], raised=1).epoch(0)[0].text == "ANN WENT."
    assert augmenter([sample], unpointed=1).epoch(0)[0].text == "Ann went"


def test_full_stop_of_an_entity_stays():
    sample = of_annotated(parse_annotated("by [Acme Inc.|ORG]", ""))
    assert augmenter([sample], unpointed=1).epoch(0)[0].text == "by Acme Inc."


def test_letters_that_grow_in_capitals_leave_the_text_alone():
    sample = of_annotated(parse_annotated("in der Straße von [Oslo|GPE]", ""))
    assert augmenter([sample], raised=1).epoch(0) == [sample]


def test_text_that_somebody_cut_stays_as_it_is():
    sample = of_words(["in", "Oslo"], ["O", "B-GPE"], "")
    assert augmenter([sample], replaced=1, lowered=1).epoch(0) == [sample]


@pytest.mark.parametrize("label", ["PERSON", "ORG", "GPE", "DATE", "MONEY"])
def test_invented_names_are_as_long_as_the_name_they_stand_for(label):
    maker = FakerNames(3)
    found = [maker.name(label, "Ann 5") for _ in range(50)]

    assert all(name and name == name.strip() for name in found)
    assert len(set(found)) > 20


def test_products_are_not_invented():
    assert FakerNames(3).name("PRODUCT", "iPhone 14") is None


def _around(sample: Sample) -> list[str]:
    ends = [0, *(span.end for span in sample.spans)]
    starts = [*(span.start for span in sample.spans), len(sample.text)]
    return [sample.text[end:start] for end, start in zip(ends, starts, strict=True)]
