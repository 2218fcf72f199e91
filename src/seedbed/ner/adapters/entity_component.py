"""Find entities in a spaCy pipeline with a fine-tuned encoder.

src/seedbed/ner/adapters/entity_component.py - v0.1.0

```mermaid
flowchart LR
    make_component --> EntityComponent
    EntityComponent --> PieceCutter & EncoderGraph
    EntityComponent --> best_spans & windows
```
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span

from seedbed.ner.adapters.encoder_decoding import best_spans, tag_names
from seedbed.ner.adapters.encoder_graph import GRAPH, EncoderGraph
from seedbed.ner.adapters.encoder_pieces import PieceCutter
from seedbed.ner.adapters.encoder_windows import Window, windows

FACTORY = "seedbed_entities"
TOKENIZER, LABELS = "tokenizer.json", "labels.json"
_FAR = -1e4
"""Score of what cannot be: a word that the encoder does not see is no part of an entity."""


@Language.factory(
    FACTORY, assigns=["doc.ents", "token.ent_iob", "token.ent_type"], default_config={"precision": "fp32"}
)
def make_component(nlp: Language, name: str, precision: str) -> "EntityComponent":  # noqa: ARG001 - spaCy's shape
    """Return the component, empty until `from_disk`."""
    return EntityComponent(precision)


class EntityComponent:
    """A part of a spaCy pipeline; it reads its files once they are needed."""

    def __init__(self, precision: str) -> None:
        """Take in which precision the encoder runs."""
        self._precision = precision
        self._folder: Path | None = None
        self._parts: tuple[PieceCutter, EncoderGraph] | None = None
        self.labels: tuple[str, ...] = ()
        """What can be found."""

    def __call__(self, doc: Doc) -> Doc:
        """Set the entities of one text."""
        return self._set([doc])[0]

    def pipe(self, stream: Iterable[Doc], *, batch_size: int) -> Iterator[Doc]:
        """Set the entities of many texts."""
        for batch in batched(stream, batch_size):
            yield from self._set(batch)

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002 - spaCy's shape
        """Copy the files."""
        if self._folder is not None and self._folder != path:
            shutil.copytree(self._folder, path, dirs_exist_ok=True)

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "EntityComponent":  # noqa: ARG002
        """Take the files of a folder: graph, tokenizer and labels."""
        self._folder, self._parts = Path(path), None
        self.labels = tuple(json.loads((self._folder / LABELS).read_text(encoding="utf-8")))
        return self

    def _set(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        cutter, graph = self._loaded()
        words = [[token for token in doc if not token.is_space] for doc in docs]
        cut = cutter.cut([[token.text for token in each] for each in words])
        found: list[tuple[int, Window]] = [
            (number, window)
            for number, (pieces, tokens) in enumerate(zip(cut, words, strict=True))
            for window in windows(pieces, [bool(token.is_sent_start) for token in tokens])
        ]
        spans: list[list[Span]] = [[] for _ in docs]
        for (number, window), entities in zip(found, self._entities(graph, [each for _, each in found]), strict=True):
            tokens = words[number][window.start :]
            for start, end, label in entities:
                spans[number].append(Span(docs[number], tokens[start].i, tokens[end - 1].i + 1, label))
        for doc, entities in zip(docs, spans, strict=True):
            doc.set_ents(entities, default="outside")
        return docs

    def _entities(self, graph: EncoderGraph, found: Sequence[Window]) -> Any:
        if not found:
            return []
        pieces = graph.scores([each.pieces for each in found])
        lengths = [len(each.pieces.firsts) for each in found]
        words = np.full((len(found), max(lengths), len(tag_names(self.labels))), _FAR, dtype=np.float32)
        words[:, :, 0] = 0
        for row, (window, scores) in enumerate(zip(found, pieces, strict=True)):
            seen = [place for place, first in enumerate(window.pieces.firsts) if first >= 0]
            words[row, seen] = scores[[window.pieces.firsts[place] for place in seen]]
        return best_spans(words, lengths, self.labels)

    def _loaded(self) -> tuple[PieceCutter, EncoderGraph]:
        if self._parts is None:
            if self._folder is None:
                raise ValueError("this component has no model yet; load the pipeline from a folder")
            self._parts = PieceCutter(self._folder / TOKENIZER), EncoderGraph(self._folder / GRAPH, self._precision)
        return self._parts
