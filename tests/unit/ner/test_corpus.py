"""Test that annotated texts are read from every format, and that wrong lines are named.

tests/unit/ner/test_corpus.py - v0.1.0
"""

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.ner.annotated_text import Span
from seedbed.ner.corpus import read_samples
from seedbed.ner.sample import samples_digest

CONLL = "-DOCSTART- -X- O O\n\nIn\tO\nNew\tB-GPE\nYork\tI-GPE\n\t\n\nZoë B-PERSON\n😀 O\n"
JSONL = '{"text": "In Oslo", "entities": [{"start": 3, "end": 7, "label": "GPE"}]}\n\n{"text": "none"}\n'


def write(folder, name, text):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_conll_is_read_sentence_by_sentence(tmp_path):
    first, second = read_samples(write(tmp_path, "a.conll", CONLL))

    assert (first.text, first.spans, first.words) == ("In New York", (Span(3, 11, "GPE"),), ("In", "New", "York"))
    assert (second.text, second.spans) == ("Zoë 😀", (Span(0, 3, "PERSON"),))
    assert second.place.endswith("line 8")


def test_json_lines_are_read_with_and_without_entities(tmp_path):
    first, second = read_samples(write(tmp_path, "a.jsonl", JSONL))

    assert (first.text, first.spans, first.words) == ("In Oslo", (Span(3, 7, "GPE"),), ())
    assert second.spans == ()


def test_marked_text_is_read(tmp_path):
    (sample,) = read_samples(write(tmp_path, "a.txt", "to [Oslo|GPE]"))

    assert (sample.text, sample.spans) == ("to Oslo", (Span(3, 7, "GPE"),))


def test_the_name_may_be_overruled(tmp_path):
    assert len(read_samples(write(tmp_path, "a.txt", CONLL), "conll")) == 2


@pytest.mark.parametrize("line", ["Oslo", "Oslo GPE", "Oslo X-GPE", "Oslo B-"])
def test_conll_line_without_a_tag_is_named(tmp_path, line):
    with pytest.raises(UserError, match=r"a\.conll line 2: 'Oslo.*is no word with a tag"):
        read_samples(write(tmp_path, "a.conll", f"In O\n{line}\n"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("no json", "is not of the form"),
        ("[1]", "is not of the form"),
        ('{"entities": []}', "is not of the form"),
        ('{"text": 5}', "is no string"),
        ('{"text": "abc", "entities": [{"start": 1, "end": 9, "label": "X"}]}', "leaves the text of 3"),
        ('{"text": "abc", "entities": [{"start": 2, "end": 2, "label": "X"}]}', "is empty"),
        (
            '{"text": "abc", "entities": [{"start": 0, "end": 2, "label": "X"}, {"start": 1, "end": 3, "label": "X"}]}',
            "overlaps",
        ),
    ],
)
def test_json_line_that_is_no_sample_is_named(tmp_path, row, message):
    with pytest.raises(UserError, match=rf"a\.jsonl line 1.*{message}"):
        read_samples(write(tmp_path, "a.jsonl", row + "\n"))


def test_file_that_is_not_there_or_empty_is_told(tmp_path):
    with pytest.raises(WorldError, match="cannot be read"):
        read_samples(tmp_path / "none.conll")
    with pytest.raises(UserError, match="holds no text"):
        read_samples(write(tmp_path, "a.conll", "\n"))


def test_digest_names_texts_words_and_entities_but_not_where_they_were_read(tmp_path):
    here, there = write(tmp_path, "a.conll", CONLL), write(tmp_path, "b.conll", "\n\n" + CONLL)
    other = write(tmp_path, "c.conll", CONLL.replace("B-PERSON", "B-ORG"))

    assert samples_digest(read_samples(here)) == samples_digest(read_samples(there))
    assert samples_digest(read_samples(here)) != samples_digest(read_samples(other))
