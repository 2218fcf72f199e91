"""Test that checks of behaviour ask what they say, and show what failed.

tests/unit/recognition/test_behaviour.py - v0.1.0
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.ner.annotated_text import Span, parse_annotated
from seedbed.ner.corpus import read_samples
from seedbed.ner.sample import of_annotated
from seedbed.recognition.behaviour import Plan, below, check_behaviour, read_plan, shares
from seedbed.recognition.behaviour_page import page
from seedbed.recognition.variants import variants
from tests.system_parts import needs

PLAN = Path("data/ner/behaviour.yaml")
NAMES = ("Anna Bergmann", "Peter Novak", "Grace Adeyemi", "Oslo", "Madrid", "Chicago", "Nairobi")
KINDS = ("minimum", "names", "casing", "punctuation", "quotes", "whitespace", "direction")
SMALL = Plan(
    thresholds=dict.fromkeys(KINDS, 1.0),
    minimum=("[Anna Bergmann|GPE] is in [Oslo|GPE].", "Nobody is here."),
    invariance=("[Peter Novak|GPE] flew from [Madrid|GPE] to [Chicago|GPE].",),
    names={"GPE": ("Grace Adeyemi", "Nairobi")},
    direction=(("He left.", "He left [Oslo|GPE]."),),
)


def knows_names(samples, fold=lambda text: text):
    """Find the names above, all as places."""
    found = []
    for sample in samples:
        text = fold(sample.text)
        spans = [(text.find(fold(name)), len(name)) for name in NAMES if fold(name) in text]
        found.append(tuple(Span(start, start + length, "GPE") for start, length in sorted(spans)))
    return found


def is_right(samples):
    """Find the names whatever letters and blanks they are written with."""
    answers = []
    for sample in samples:
        wide = sample.text.replace("  ", " \x00")
        places = [place for place, letter in enumerate(wide) if letter != "\x00"]
        packed = replace(sample, text="".join(wide[place] for place in places))
        (spans,) = knows_names([packed], str.casefold)
        answers.append(tuple(Span(places[s.start], places[s.end - 1] + 1, s.label) for s in spans))
    return answers


FAULTS = {
    "minimum": lambda text: text.startswith("Anna"),
    "names": lambda text: "Nairobi" in text,
    "casing": str.isupper,
    "punctuation": lambda text: text.endswith("..."),
    "quotes": lambda text: text.startswith("“"),
    "whitespace": lambda text: text.endswith("\n"),
    "direction": lambda text: text == "He left Oslo.",
}


def test_model_that_does_everything_right_passes_every_check():
    checks = check_behaviour(SMALL, is_right)
    assert [check for check in checks if not check.holds] == []
    assert {check.kind for check in checks} == set(KINDS)
    assert below(SMALL, shares(SMALL, checks)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_model_that_fails_in_one_way_misses_the_threshold_of_that_kind_and_the_page_shows_it(kind):
    def find(samples):
        return [() if FAULTS[kind](each.text) else is_right([each])[0] for each in samples]

    checks = check_behaviour(SMALL, find)
    failed = [check for check in checks if not check.holds]

    assert below(SMALL, shares(SMALL, checks)) == [kind]
    assert {check.kind for check in failed} == {kind}
    assert page(SMALL, checks).count(f"<tr><td>{kind}</td><td>") == len(failed)
    assert f'<tr class="low"><td>{kind}</td>' in page(SMALL, checks)


def test_model_that_knows_plain_sentences_by_heart_misses_every_threshold_of_the_project():
    plan = read_plan(PLAN)
    by_heart = {each.text: each.spans for each in (parse_annotated(line, "") for line in plan.invariance)}
    held = shares(plan, check_behaviour(plan, lambda samples: [by_heart.get(each.text, ()) for each in samples]))
    assert below(plan, held) == list(KINDS)


def test_model_that_minds_letters_and_blanks_fails_those_checks_alone():
    held = shares(SMALL, check_behaviour(SMALL, knows_names))

    assert held["minimum"] == held["names"] == held["quotes"] == held["direction"] == 1
    assert held["casing"] == 0
    assert 0 < held["whitespace"] < 1
    assert below(SMALL, held) == ["casing", "whitespace"]


def test_model_that_finds_nothing_fails_where_something_has_to_be_found():
    held = shares(SMALL, check_behaviour(SMALL, lambda samples: [()] * len(samples)))

    assert held["minimum"] == 0.5  # the sentence without a name
    assert held["names"] == 1.0  # finding nothing is at least always the same
    assert held["direction"] == 0


def test_page_shows_failures_escaped():
    plan = SMALL.model_copy(update={"minimum": ("[<b>Oslo|GPE] & more.",)})
    html = page(plan, check_behaviour(plan, knows_names))

    assert "&lt;b&gt;Oslo <b>GPE</b>" in html
    assert "<b>Oslo" not in html


def test_variants_move_what_was_found_to_where_it_stands():
    sample = of_annotated(parse_annotated("[Peter Novak|PERSON] flew from [Madrid|GPE] to [Chicago|GPE].", ""))
    names = {"PERSON": ["Jo"], "GPE": ["San Salvador de Jujuy"]}
    for kind, changed, spans in variants(sample, sample.spans, names):
        words = [" ".join(changed.text[span.start : span.end].split()).casefold() for span in spans]
        first = "jo" if kind == "names" and changed.text.startswith("Jo ") else "peter novak"
        second = "san salvador de jujuy" if kind == "names" and first != "jo" else "madrid"
        assert words == [first, second, "chicago"], kind


def test_the_plan_of_the_project_is_read_and_none_of_its_sentences_is_learned_or_measured():
    plan = read_plan(PLAN)
    pairs = [side for pair in plan.direction for side in pair]
    texts = {of_annotated(parse_annotated(line, "")).text for line in (*plan.minimum, *plan.invariance, *pairs)}
    known = {
        sample.text for split in ("train", "dev", "test") for sample in read_samples(Path("data/ner/source", split))
    }

    assert texts & known == set()
    kinds = {check.kind for check in check_behaviour(plan, knows_names)}
    assert kinds == set(plan.thresholds)


def test_file_that_is_no_plan_is_told(tmp_path):
    (tmp_path / "plan.yaml").write_text("thresholds: 3\n")
    with pytest.raises(UserError, match="is no plan of checks"):
        read_plan(tmp_path / "plan.yaml")
    with pytest.raises(WorldError, match="cannot be read"):
        read_plan(tmp_path / "none.yaml")


@needs("ner-model", "SEEDBED_TEST_NER_MODEL" in os.environ, "SEEDBED_TEST_NER_MODEL names no model")
def test_named_model_behaves_as_the_thresholds_ask(tmp_path):
    from seedbed.ner.adapters.spacy_finding import SpacyFinder
    from seedbed.ner.config import NerConfig
    from seedbed.tracking.config import TrackingConfig
    from seedbed.wiring_ner import find_model

    plan = read_plan(PLAN)
    place = find_model(NerConfig(model=os.environ["SEEDBED_TEST_NER_MODEL"]), tmp_path, TrackingConfig())
    checks = check_behaviour(plan, SpacyFinder(place))
    failures = [f"{check.kind}: {check.text}: {check.found}" for check in checks if not check.holds]
    assert below(plan, shares(plan, checks)) == [], failures
