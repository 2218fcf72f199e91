"""Count what a model found against what is right.

src/seedbed/ner/scores.py - v0.1.0

An entity counts when begin, end and label are right, as the CoNLL scorer counts.

```mermaid
flowchart LR
    count --> Counts
    by_label --> Counts
    better_share --> Counts
    confusion --> Counter
```
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedbed.ner.annotated_text import Span

NOTHING = "-"
"""Stands in a confusion table for no entity."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Entities that were found rightly, found wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 where nothing was found."""
        return self.right / (self.right + self.wrong) if self.right else 0.0

    @property
    def recall(self) -> float:
        """Share of what there is that was found; 0 where there is nothing."""
        return self.right / (self.right + self.missed) if self.right else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0


type Spans = Iterable[tuple[int, int, str] | Span]


def count(gold: Spans, found: Spans) -> Counts:
    """Return the counts of one text."""
    wanted, got = set(map(_key, gold)), set(map(_key, found))
    right = len(wanted & got)
    return Counts(right, len(got) - right, len(wanted) - right)


def by_label(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> dict[str, Counts]:
    """Return the counts of each label, in alphabetic order, over all texts."""
    labels = sorted({span.label for spans in (*gold, *found) for span in spans})
    totals = dict.fromkeys(labels, Counts())
    for wanted, got in zip(gold, found, strict=True):
        for label in {span.label for span in (*wanted, *got)}:
            totals[label] += count(*([span for span in spans if span.label == label] for spans in (wanted, got)))
    return totals


def confusion(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> Counter[tuple[str, str]]:
    """Count (right label, found label); an entity that only overlaps one of its label counts as missed and made up."""
    pairs: Counter[tuple[str, str]] = Counter()
    for wanted, got in zip(gold, found, strict=True):
        right, there = ({(span.start, span.end): span.label for span in spans} for spans in (wanted, got))
        for place in right.keys() | there.keys():
            pairs[right.get(place, NOTHING), there.get(place, NOTHING)] += 1
    return pairs


def better_share(
    first: Sequence[Counts], second: Sequence[Counts], rng: np.random.Generator, num_resamples: int
) -> float:
    """Return in which share of resampled test sets the second model's F1 is higher (paired bootstrap over texts).

    A share of 0.95 is the usual bar: by chance alone equal models reach it in one of twenty comparisons.
    """
    tables = [np.array([[each.right, each.wrong + each.missed] for each in counts]) for counts in (first, second)]
    wins = 0
    for _ in range(num_resamples):
        rows = rng.integers(len(first), size=len(first))
        before, after = (_f1(table[rows].sum(axis=0)) for table in tables)
        wins += after > before
    return wins / num_resamples


def _f1(sums: npt.NDArray[np.int64]) -> float:
    right, others = int(sums[0]), int(sums[1])
    return 2 * right / (2 * right + others) if right else 0.0


def _key(span: tuple[int, int, str] | Span) -> tuple[int, int, str]:
    return (span.start, span.end, span.label) if isinstance(span, Span) else (span[0], span[1], span[2])
