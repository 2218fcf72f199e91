"""Turn samples into the tensors that an encoder learns from.

src/seedbed/ner/adapters/encoder_rows.py - v0.1.0

```mermaid
flowchart LR
    EncoderRows --> doc_of --> Sample
    EncoderRows --> PieceCutter & tags_of_spans
    EncoderRows --> padded
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from spacy.language import Language

from seedbed.ner.adapters.encoder_graph import padded
from seedbed.ner.adapters.encoder_pieces import PieceCutter, Pieces
from seedbed.ner.adapters.spacy_docs import doc_of
from seedbed.ner.sample import Sample
from seedbed.ner.tags import tags_of_spans

IGNORED = -100
"""Target of a piece that is not counted: of special ones, and of all but the first of a word."""
_POOL = 8
"""Batches' worth of texts that are sorted by length together: less padding, and still another order every time."""


@dataclass(frozen=True, slots=True)
class EncoderRows:
    """Texts as pieces, with the number of the right tag for each word."""

    pieces: tuple[Pieces, ...]
    tags: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, samples: Sequence[Sample], nlp: Language, cutter: PieceCutter, names: Sequence[str]) -> "EncoderRows":
        """Cut samples into words and pieces; an entity that begins or ends within a word is not learned from."""
        numbers = {name: number for number, name in enumerate(names)}
        words, tags = [], []
        for sample in samples:
            doc = doc_of(sample, nlp)
            kept = [token for token in doc if not token.is_space]
            place = {token.i: number for number, token in enumerate(kept)}
            spans = [(doc.char_span(each.start, each.end), each.label) for each in sample.spans]
            whole = [(place[each[0].i], place[each[-1].i] + 1, label) for each, label in spans if each is not None]
            words.append([token.text for token in kept])
            tags.append(tuple(numbers[tag] for tag in tags_of_spans(whole, len(kept))))
        return cls(tuple(cutter.cut(words)), tuple(tags))

    def batches(self, size: int, rng: np.random.Generator) -> list[list[int]]:
        """Return positions in random batches of texts of like length."""
        order = rng.permutation(len(self.pieces))
        found = []
        for start in range(0, len(order), size * _POOL):
            pool = sorted(order[start : start + size * _POOL].tolist(), key=lambda place: len(self.pieces[place].ids))
            found += [pool[first : first + size] for first in range(0, len(pool), size)]
        return [found[number] for number in rng.permutation(len(found))]

    def tensors(self, batch: Sequence[int], device: str) -> tuple[Iterator[torch.Tensor], torch.Tensor]:
        """Return what the network reads, and the number of the right tag for each piece."""
        rows = [self.pieces[place] for place in batch]
        inputs = [torch.from_numpy(each).to(device) for each in padded(rows)]
        targets = np.full(tuple(inputs[0].shape), IGNORED, dtype=np.int64)
        for number, place in enumerate(batch):
            for first, tag in zip(self.pieces[place].firsts, self.tags[place], strict=True):
                if first >= 0:
                    targets[number, first] = tag
        return iter(inputs), torch.from_numpy(targets).to(device)
