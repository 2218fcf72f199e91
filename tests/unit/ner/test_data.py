"""Specify what the annotated sentences of this project hold: enough, rightly marked, and no split known from another.

tests/unit/ner/test_data.py - v0.1.0
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from seedbed.ner.annotated_text import LABELS, AnnotatedText, read_annotated

DATA = Path(__file__).parents[3] / "data" / "ner"
LEAST = {"train": 1_050, "dev": 210, "test": 320}
SPLITS = tuple(LEAST)
PAIRS = tuple(combinations(SPLITS, 2))
KINDS = ("chat", "finance", "forms", "mail", "news", "places", "reviews", "tickets")
MARKED = re.compile(r"(?<!\\)\[([^|\]]+)\|(\w+)\]")


@cache
def split(name: str) -> list[AnnotatedText]:
    return read_annotated(DATA / "source" / name)


def kind(sentence: AnnotatedText) -> str:
    return Path(sentence.place.split(" line ")[0]).stem


def masked(sentence: AnnotatedText) -> str:
    """Return the sentence in lower case with every entity replaced by its label and spaces made single."""
    text, end = "", 0
    for span in sentence.spans:
        text, end = f"{text}{sentence.text[end : span.start].lower()} {span.label} ", span.end
    return " ".join(f"{text}{sentence.text[end:].lower()}".split())


def tokens(sentence: AnnotatedText) -> frozenset[str]:
    return frozenset(re.findall(r"\w+|[^\w\s]", masked(sentence)))


def words(sentence: AnnotatedText) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", masked(sentence)))


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets.

    >>> alike(frozenset("abc"), frozenset("bcd"))
    0.5
    """
    return len(one & other) / max(1, len(one | other))


def labels(sentences: Iterable[AnnotatedText]) -> Counter[str]:
    return Counter(span.label for sentence in sentences for span in sentence.spans)


def count_table() -> str:
    head = ["split", "kind", "sentences", "without entities", *LABELS]
    rows = []
    for name in SPLITS:
        for group in (*KINDS, "all"):
            chosen = [sentence for sentence in split(name) if group in (kind(sentence), "all")]
            count = labels(chosen)
            numbers = (len(chosen), sum(not sentence.spans for sentence in chosen), *(count[label] for label in LABELS))
            rows.append([name, group, *(f"{number:,}" for number in numbers)])
    ruler = ["---", "---", *(["---:"] * (len(head) - 2))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ruler, *rows))


@pytest.mark.parametrize("name", SPLITS)
def test_every_split_is_large_enough_and_has_every_kind(name: str) -> None:
    assert len(split(name)) >= LEAST[name]
    assert sorted({kind(sentence) for sentence in split(name)}) == sorted(KINDS)


@pytest.mark.parametrize("name", SPLITS)
def test_some_sentences_have_no_entities_but_not_too_many(name: str) -> None:
    share = sum(not sentence.spans for sentence in split(name)) / len(split(name))
    assert 0.15 <= share <= 0.3


def test_every_label_can_be_measured() -> None:
    count = labels(split("test"))
    assert sorted(count) == sorted(LABELS)
    assert min(count.values()) >= 80


@pytest.mark.parametrize("name", SPLITS)
def test_spans_are_the_marked_words_in_order_without_overlap(name: str) -> None:
    files = {path: path.read_text(encoding="utf-8").split("\n") for path in (DATA / "source" / name).glob("*.txt")}
    for sentence in split(name):
        path, _, number = sentence.place.rpartition(" line ")
        found = [(sentence.text[span.start : span.end], span.label) for span in sentence.spans]
        assert found == MARKED.findall(files[Path(path)][int(number) - 1]), sentence.place
        assert all(one.end <= other.start for one, other in pairwise(sentence.spans)), sentence.place
        assert all(text == text.strip() and text for text, _ in found), sentence.place
        assert {label for _, label in found} <= set(LABELS), sentence.place


@pytest.mark.parametrize("name", SPLITS)
def test_no_span_cuts_a_word_or_begins_with_an_article_preposition_or_title(name: str) -> None:
    for sentence in split(name):
        for span in sentence.spans:
            entity, after = sentence.text[span.start : span.end], sentence.text[span.end : span.end + 1]
            before = sentence.text[span.start - 1 : span.start] if span.start else ""
            assert not (before.isalnum() and entity[0].isalnum()), (sentence.place, entity)
            assert not (after.isalnum() and entity[-1].isalnum()), (sentence.place, entity)
            assert not re.match(r"the |on |in |by |mr |mrs |ms |dr |prof ", entity.replace(".", ""), re.IGNORECASE) or (
                entity == "The Hague"
            ), (sentence.place, entity)


def test_no_sentence_is_in_the_data_twice() -> None:
    seen = Counter(sentence.text.casefold() for name in SPLITS for sentence in split(name))
    assert [text for text, times in seen.items() if times > 1] == []


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_sentence_of_a_split_follows_a_template_of_another(one: str, other: str) -> None:
    assert {masked(sentence) for sentence in split(one)} & {masked(sentence) for sentence in split(other)} == set()


@pytest.mark.parametrize(("one", "other"), PAIRS)
@pytest.mark.parametrize("unit", [tokens, words])
def test_no_sentence_of_a_split_is_nearly_one_of_another(one: str, other: str, unit) -> None:
    left = [(sentence, unit(sentence)) for sentence in split(one)]
    right = [(sentence, unit(sentence)) for sentence in split(other)]
    near = [(a.text, b.text) for a, first in left for b, second in right if alike(first, second) >= 0.8]
    assert near == []


def test_few_training_sentences_share_a_template() -> None:
    times = Counter(masked(sentence) for sentence in split("train"))
    assert sum(number for number in times.values() if number > 1) <= 0.03 * len(split("train"))


def test_files_say_what_they_are() -> None:
    for path in sorted((DATA / "source").glob("*/*.txt")):
        head = path.read_text(encoding="utf-8").split("\n")[:4]
        assert head[0].startswith("# ")
        assert re.fullmatch(rf"# data/ner/source/{path.parent.name}/{path.name} - v\d+\.\d+\.\d+", head[2]), path


def test_readme_counts_what_is_there() -> None:
    assert count_table() in (DATA / "README.md").read_text(encoding="utf-8"), f"the table should be:\n{count_table()}"
