"""Turn tags of words into spans of words, as the CoNLL scorer reads them, and back.

src/seedbed/ner/tags.py - v0.1.0

Real data holds broken sequences (an I- that nothing began); conlleval and seqeval count them, so they are read alike.

```mermaid
flowchart LR
    spans_of_tags --> WordSpan
    tags_of_spans --> WordSpan
```
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class WordSpan(NamedTuple):
    """An entity: the words `[start:end]`."""

    start: int
    end: int
    label: str


def spans_of_tags(tags: Sequence[str]) -> list[WordSpan]:
    """Return the entities of a sentence; tags are O, or B-, I-, E- or S- and a label.

    >>> spans_of_tags(["I-GPE", "I-GPE", "I-ORG", "O"])
    [WordSpan(start=0, end=2, label='GPE'), WordSpan(start=2, end=3, label='ORG')]
    """
    spans: list[WordSpan] = []
    start, before, open_label = 0, "O", ""
    for position, tag in enumerate((*tags, "O")):
        prefix, _, label = tag.partition("-")
        goes_on = before not in ("O", "E", "S") and prefix in ("I", "E") and label == open_label
        if before != "O" and not goes_on:
            spans.append(WordSpan(start, position, open_label))
        if prefix != "O" and not goes_on:
            start = position
        before, open_label = prefix, label
    return spans


def tags_of_spans(spans: Iterable[tuple[int, int, str]], num_words: int) -> list[str]:
    """Return the BIO tags of entities that do not overlap.

    >>> tags_of_spans([WordSpan(1, 3, "GPE")], 4)
    ['O', 'B-GPE', 'I-GPE', 'O']
    """
    tags = ["O"] * num_words
    for start, end, label in spans:
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags
