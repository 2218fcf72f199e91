"""Hold a text with the entities that are right.

src/seedbed/ner/sample.py - v0.1.0

```mermaid
flowchart LR
    of_annotated --> Sample --> Span
    of_words --> spans_of_tags
    samples_digest --> digest_json
```
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.digests import digest_json
from seedbed.ner.annotated_text import AnnotatedText, Span
from seedbed.ner.tags import spans_of_tags


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and its entities in reading order."""

    text: str
    spans: tuple[Span, ...]
    place: str
    """File and line, for people."""
    words: tuple[str, ...] = ()
    """How the text was cut by whoever annotated it, single blanks between them; empty: the model cuts it."""


def of_annotated(sentence: AnnotatedText) -> Sample:
    """Return a sentence of `data/ner/source` as a sample."""
    return Sample(sentence.text, sentence.spans, sentence.place)


def of_words(words: Sequence[str], tags: Sequence[str], place: str) -> Sample:
    """Return tagged words as a sample.

    >>> of_words(["in", "New", "York"], ["O", "B-GPE", "I-GPE"], "line 1").spans
    (Span(start=3, end=11, label='GPE'),)
    """
    starts, position = [], 0
    for word in words:
        starts.append(position)
        position += len(word) + 1
    spans = (
        Span(starts[first], starts[end - 1] + len(words[end - 1]), label) for first, end, label in spans_of_tags(tags)
    )
    return Sample(" ".join(words), tuple(spans), place, tuple(words))


def labels_of(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the labels that occur, sorted."""
    return tuple(sorted({span.label for sample in samples for span in sample.spans}))


def samples_digest(samples: Sequence[Sample]) -> str:
    """Return a digest of texts, words and entities; where they were read does not count."""
    rows = ([each.text, each.words, [[s.start, s.end, s.label] for s in each.spans]] for each in samples)
    return digest_json(list(rows))
