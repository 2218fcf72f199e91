"""Test that answers say where an entity stands, in both units.

tests/unit/ner/test_answers.py - v0.1.0
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.ner.answers import Filter, answer_of, fault_of, refusal_of, utf16_offsets
from seedbed.ner.entity import Entity, Recognized

TEXT = "👩‍🔬 Zoë met Bob in 🅾slo."


def found(*names, text=TEXT):
    entities = [Entity(name, "GPE", text.index(name), text.index(name) + len(name), 0) for name in names]
    return Recognized(tuple(entities), num_tokens=7)


def test_each_unit_slices_the_entity_out_of_the_text():
    answer = answer_of("a", TEXT, found("Zoë", "Bob", "🅾slo"))
    units = TEXT.encode("utf-16-le")
    for entity in answer["entities"]:
        assert TEXT[entity["start"] : entity["end"]] == entity["text"]
        assert units[2 * entity["start_utf16"] : 2 * entity["end_utf16"]].decode("utf-16-le") == entity["text"]
    assert answer["entities"][0]["start_utf16"] > answer["entities"][0]["start"]


@given(st.text(), st.data())
def test_positions_are_counted_as_utf16_counts(text, data):
    positions = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    assert utf16_offsets(text, positions) == [len(text[:each].encode("utf-16-le")) // 2 for each in positions]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Filter(), ["Zoë", "Bob"]),
        (Filter(labels=frozenset({"PERSON"})), []),
        (Filter(labels=frozenset({"GPE"}), allow_list=frozenset({"Bob"})), ["Zoë"]),
        (Filter(allow_list=frozenset({"bob", "Bo"})), ["Zoë", "Bob"]),
    ],
)
def test_a_filter_leaves_out_whole_entities(wanted, names):
    answer = answer_of(None, TEXT, found("Zoë", "Bob"), wanted)
    assert [entity["text"] for entity in answer["entities"]] == names


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (7, "no string but a number"),
        (True, "no string but true or false"),
        ([], "no string but a list"),
        ({}, "no string but an object"),
        ("a\udfff", "character 1 is half of a surrogate pair"),
        ("x" * 11, "11 characters; the model takes 10"),
    ],
)
def test_what_a_model_cannot_be_given_is_told(text, reason):
    assert reason in fault_of(text, 10)


@pytest.mark.parametrize("text", ["", "\0", "🙂" * 10, "\ufeff\u202e"])
def test_odd_texts_are_texts(text):
    assert fault_of(text, 10) is None


def test_a_refusal_does_not_look_like_a_text_without_entities():
    refused, empty = refusal_of("a", "why"), answer_of("a", "", Recognized((), 0))
    assert refused.keys() == empty.keys()
    assert (refused["entities"], empty["entities"]) == (None, [])
