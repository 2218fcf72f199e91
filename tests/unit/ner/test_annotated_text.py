"""Specify how entities are marked in a line of text.

tests/unit/ner/test_annotated_text.py - v0.1.0
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import UserError, WorldError
from seedbed.ner.annotated_text import LABELS, AnnotatedText, parse_annotated, read_annotated


def entities(sentence: AnnotatedText) -> list[tuple[str, str]]:
    return [(sentence.text[span.start : span.end], span.label) for span in sentence.spans]


def test_text_is_the_line_without_marks_and_every_span_is_its_slice() -> None:
    sentence = parse_annotated("[Zoë Lund|PERSON] left [Arla Bank|ORG] in [東京|GPE] 👋 on [3 May|DATE].", "here")
    assert sentence.text == "Zoë Lund left Arla Bank in 東京 👋 on 3 May."
    assert entities(sentence) == [("Zoë Lund", "PERSON"), ("Arla Bank", "ORG"), ("東京", "GPE"), ("3 May", "DATE")]


def test_line_without_marks_has_no_entities() -> None:
    assert parse_annotated("a | b {c} (d)", "here") == AnnotatedText("a | b {c} (d)", (), "here")


def test_backslash_makes_marks_stand_for_themselves_inside_and_outside_of_spans() -> None:
    sentence = parse_annotated(r"\#ops \[ERROR\] a\|b C:\\x [R\|D \[Ltd\]|ORG] won", "here")
    assert sentence.text == r"#ops [ERROR] a|b C:\x R|D [Ltd] won"
    assert entities(sentence) == [("R|D [Ltd]", "ORG")]


def test_spans_may_touch() -> None:
    assert entities(parse_annotated("[$|MONEY][X|ORG]", "here")) == [("$", "MONEY"), ("X", "ORG")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("in [Oslo|GEP]", "label 'GEP' is unknown (did you mean 'GPE'?); choose one of"),
        ("in [Oslo|]", "label '' is unknown"),
        ("in [Oslo|GPE", "the span opened at column 4 is not closed"),
        ("in [Oslo and [Bergen|GPE]", "the span opened at column 4 is not closed"),
        (r"in [Oslo|GPE\]", "the span opened at column 4 is not closed"),
        ("in [Oslo]", "the brackets at column 4 hold no single text and label"),
        ("in [Oslo|GPE|ORG]", "the brackets at column 4 hold no single text and label"),
        ("in Oslo|GPE]", "']' at column 12 closes nothing"),
        ("in [|GPE]", "the span '[|GPE]' is empty"),
        ("in [ Oslo|GPE]", "the span '[ Oslo|GPE]' begins or ends with a space"),
        ("in [Oslo\u00a0|GPE]", "begins or ends with a space"),
        (r"C:\temp", "the backslash at column 3 escapes none of"),
        ("in [C:\\temp|GPE]", "the brackets at column 4 hold"),
        ("ends with \\", "the backslash at column 11 escapes none of"),
    ],
)
def test_wrong_mark_is_refused_with_its_place_and_the_way_out(line: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_annotated(line, "mail.txt line 7")
    assert str(caught.value).startswith("mail.txt line 7: ")
    assert words in str(caught.value)


def test_file_is_read_without_comments_and_blank_lines_and_says_where_each_sentence_stands(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes(b"\xef\xbb\xbf# head\n\n[Ana|PERSON] won\r\n  # note\n\\#1 again\xe2\x80\xa8\n")
    first, second = read_annotated(path)
    assert (first.text, first.place) == ("Ana won", f"{path} line 3")
    assert (second.text, second.place) == ("#1 again", f"{path} line 5")


def test_folder_is_all_its_text_files_by_name(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "README.md"):
        (tmp_path / name).write_text(f"from {name}\n")
    assert [sentence.text for sentence in read_annotated(tmp_path)] == ["from a.txt", "from b.txt"]


def test_fault_in_a_file_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "news.txt").write_text("fine\n[Ana|PERSN] won\n")
    with pytest.raises(UserError, match=r"news\.txt line 2: label 'PERSN' is unknown \(did you mean 'PERSON'"):
        read_annotated(tmp_path)


def test_other_encoding_is_the_users_fault_and_a_missing_file_the_worlds(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Zoë".encode("latin-1"))
    with pytest.raises(UserError, match="is not UTF-8"):
        read_annotated(tmp_path / "latin.txt")
    with pytest.raises(WorldError, match="cannot be read: No such file"):
        read_annotated(tmp_path / "none.txt")


def marked(text: str) -> str:
    return "".join(f"\\{character}" if character in "[]|#\\" else character for character in text)


@given(pieces=st.lists(st.tuples(st.text(min_size=1), st.sampled_from(["", *LABELS])), max_size=8))
def test_whatever_is_escaped_comes_back_as_it_was(pieces: list[tuple[str, str]]) -> None:
    pieces = [(text, label if text == text.strip() else "") for text, label in pieces]
    line = "".join(f"[{marked(text)}|{label}]" if label else marked(text) for text, label in pieces)
    sentence = parse_annotated(line, "here")
    assert sentence.text == "".join(text for text, _ in pieces)
    assert entities(sentence) == [(text, label) for text, label in pieces if label]
