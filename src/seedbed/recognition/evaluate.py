"""Compare what a model finds with what is right.

src/seedbed/recognition/evaluate.py - v0.1.0

```mermaid
flowchart LR
    evaluate --> Evaluation
    Evaluation --> Counts & by_label
    metrics_of --> Evaluation
```
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seedbed.digests import digest_json
from seedbed.ner.annotated_text import Span
from seedbed.ner.sample import Sample
from seedbed.ner.scores import Counts, by_label, count

type Finder = Callable[[Sequence[Sample]], list[tuple[Span, ...]]]
"""Returns the entities of each sample; where it is cut into words, of those words."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found in every sample."""

    samples: tuple[Sample, ...]
    found: tuple[tuple[Span, ...], ...]

    @property
    def gold(self) -> list[tuple[Span, ...]]:
        """What is right."""
        return [sample.spans for sample in self.samples]

    @property
    def counts(self) -> list[Counts]:
        """The counts of each sample."""
        return [count(sample.spans, spans) for sample, spans in zip(self.samples, self.found, strict=True)]

    @property
    def total(self) -> Counts:
        """The counts of all: micro average, as the CoNLL scorer reports."""
        return sum(self.counts, Counts())

    @property
    def digest(self) -> str:
        """Equal where the same entities were found."""
        return digest_json([[[each.start, each.end, each.label] for each in spans] for spans in self.found])


def evaluate(find: Finder, samples: Sequence[Sample]) -> Evaluation:
    """Let a model find entities in all samples."""
    return Evaluation(tuple(samples), tuple(find(samples)))


def metrics_of(evaluation: Evaluation, prefix: str = "") -> dict[str, float]:
    """Return precision, recall and F1, of all labels and of each."""
    rows = {"": evaluation.total} | {f"_{label}": n for label, n in by_label(evaluation.gold, evaluation.found).items()}
    named = {key: {"precision": n.precision, "recall": n.recall, "f1": n.f1} for key, n in rows.items()}
    return {f"{prefix}{name}{key}": value for key, values in named.items() for name, value in values.items()}
