"""Write a sentence in other ways that mean the same.

src/seedbed/recognition/variants.py - v0.1.0

```mermaid
flowchart LR
    variants --> renamed & moved
    variants --> Sample
```
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from seedbed.ner.annotated_text import Span
from seedbed.ner.sample import Sample


def variants(
    sample: Sample, found: Sequence[Span], names: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Sample, list[Span]]]:
    """Yield (kind, sentence, entities): what was found in the plain sentence, where it stands in the other."""
    text, spans = sample.text, list(found)
    for label, others in names.items():
        if any(span.label == label for span in sample.spans):
            for other in others:
                yield "names", *renamed(sample, spans, label, other)
    for changed in (text.lower(), text.upper()):
        if len(changed) == len(text):
            yield "casing", replace(sample, text=changed), spans
    bare = text.rstrip(".")
    for end in ("", "!", "...", " ."):
        yield "punctuation", replace(sample, text=bare + end), spans
    for before, after in (('"', '"'), ("“", "”"), ("(", ")"), ("> ", "")):
        yield "quotes", replace(sample, text=f"{before}{text}{after}"), moved(spans, len(before))
    for before, after in (("  ", ""), ("", "  \n"), ("\n\t", "\n")):
        yield "whitespace", replace(sample, text=f"{before}{text}{after}"), moved(spans, len(before))
    wide, places = _widened(text)
    yield (
        "whitespace",
        replace(sample, text=wide),
        [Span(places[each.start], places[each.end - 1] + 1, each.label) for each in spans],
    )


def renamed(sample: Sample, found: Sequence[Span], label: str, name: str) -> tuple[Sample, list[Span]]:
    """Return the sentence with another name at its first entity of the label, and what was found moved along."""
    old = next(span for span in sample.spans if span.label == label)
    grown = len(name) - (old.end - old.start)
    text = sample.text[: old.start] + name + sample.text[old.end :]
    spans = []
    for each in found:
        start = each.start if each.start <= old.start else each.start + grown
        end = each.end if each.end <= old.start else each.end + grown
        spans.append(Span(start, end, each.label))
    return replace(sample, text=text), spans


def moved(spans: Sequence[Span], by: int) -> list[Span]:
    """Return the entities some characters later."""
    return [Span(each.start + by, each.end + by, each.label) for each in spans]


def _widened(text: str) -> tuple[str, list[int]]:
    """Return the text with two blanks for each one, and the place of each character in it."""
    places, position = [], 0
    for letter in text:
        places.append(position)
        position += 2 if letter == " " else 1
    return text.replace(" ", "  "), places
