"""Put other names into training texts, and write some in other letters.

src/seedbed/ner/augmentation.py - v0.1.0

An epoch's texts depend on the seed and its number alone, so that a resumed training sees what it would have seen.

```mermaid
flowchart LR
    Augmenter --> Sample & NameMaker
    Augmenter --> AugmentationConfig
```
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from seedbed.ner.annotated_text import Span
from seedbed.ner.sample import Sample


class AugmentationConfig(BaseModel):
    """How much of the training data is changed in each epoch; all 0: nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replaced: float = Field(0.5, ge=0, le=1, description="share of the entities that get another name, in each epoch")
    invented: float = Field(0.5, ge=0, le=1, description="share of those whose name is invented; others are swapped")
    lowered: float = Field(0.1, ge=0, le=1, description="share of the texts that are written in lower case")
    raised: float = Field(0.03, ge=0, le=1, description="share of the texts that are written in capitals")
    unpointed: float = Field(0.1, ge=0, le=1, description="share of the texts that lose their last full stop")


class NameMaker(ABC):
    """Invents names; made for one generator, so equal generators give equal names."""

    @abstractmethod
    def name(self, label: str, like: str) -> str | None:
        """Return a name of that label in the form of another, None where it knows no such form."""


class Augmenter:
    """Changes the training texts, anew for each epoch."""

    def __init__(
        self,
        samples: Sequence[Sample],
        config: AugmentationConfig,
        make_names: Callable[[int], NameMaker],
        generator: Callable[[str], np.random.Generator],
    ) -> None:
        """Take the texts, what is to be changed, and where chance and names come from."""
        self._samples = samples
        self._config = config
        self._make_names = make_names
        self._generator = generator
        pools = defaultdict(set)
        for sample in samples:
            for span in sample.spans:
                name = sample.text[span.start : span.end]
                pools[span.label, _form(name)].add(name)
        self._pools = {key: sorted(names) for key, names in pools.items()}

    def epoch(self, number: int) -> list[Sample]:
        """Return the texts of an epoch, counted from 0, which are as many."""
        rng = self._generator(f"augmentation-{number}")
        names = self._make_names(int(rng.integers(2**32)))
        return [self._changed(sample, rng, names) for sample in self._samples]

    def _changed(self, sample: Sample, rng: np.random.Generator, names: NameMaker) -> Sample:
        if sample.words:  # cut by somebody else: new names would have to be cut alike
            return sample
        config, text = self._config, sample.text
        parts, spans, end, length = [], [], 0, 0
        for span in sample.spans:
            old = text[span.start : span.end]
            new = self._other(old, span.label, rng, names) if rng.random() < config.replaced else old
            parts += [text[end : span.start], new]
            length += span.start - end
            spans.append(Span(length, length + len(new), span.label))
            length += len(new)
            end = span.end
        changed = "".join((*parts, text[end:]))
        drawn, without_point = rng.random(2)
        if drawn < config.lowered:
            changed = _same_length(changed, changed.lower())
        elif drawn < config.lowered + config.raised:
            changed = _same_length(changed, changed.upper())
        if without_point < config.unpointed and changed.endswith(".") and (not spans or spans[-1].end < len(changed)):
            changed = changed[:-1]
        return Sample(changed, tuple(spans), sample.place)

    def _other(self, old: str, label: str, rng: np.random.Generator, names: NameMaker) -> str:
        invented = names.name(label, old) if rng.random() < self._config.invented else None
        pool = self._pools[label, _form(old)]
        new = invented or pool[int(rng.integers(len(pool)))]
        if old.islower():
            return _same_length(new, new.lower())
        return _same_length(new, new.upper()) if old.isupper() and len(old) > 4 else new


def _form(name: str) -> tuple[bool, bool]:
    """Return what has to stay for a sentence to stay right: "in 2019" is not "in tomorrow"."""
    return any(letter.isdigit() for letter in name), " " in name


def _same_length(text: str, changed: str) -> str:
    """Return the changed text unless it moves what follows: "ß" in capitals is two letters."""
    return changed if len(changed) == len(text) else text
