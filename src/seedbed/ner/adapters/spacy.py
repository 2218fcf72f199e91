"""Find entities with a spaCy model.

src/seedbed/ner/adapters/spacy.py - v0.1.0

```mermaid
classDiagram
    Recognizer <|-- SpacyRecognizer
    SpacyRecognizer ..> ModelPlace : loads
    SpacyRecognizer ..> ModelIdentity : returns
    SpacyRecognizer ..> Recognized : returns
    SpacyRecognizer ..> UserError : raises
```
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, final

from seedbed.errors import UserError
from seedbed.ner.adapters.spacy_loading import load
from seedbed.ner.entity import Entity, ModelIdentity, Recognized
from seedbed.ner.model_card import folder_digest, read_card
from seedbed.ner.model_place import ModelPlace
from seedbed.ner.ports import Recognizer

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

MAX_CHARS = 100_000
"""Some hundred pages. spaCy itself takes ten times as much, at a gigabyte of memory for each text."""
_BATCH_SIZE = 256


@final
class SpacyRecognizer(Recognizer):
    """Runs a spaCy model on this machine; the first call looks for it and loads it. Callers take turns."""

    def __init__(self, find: Callable[[], ModelPlace]) -> None:
        """Take what says where the model lies."""
        self._find = find
        self._turn = RLock()

    def identity(self) -> ModelIdentity:
        """Return the name and the digest of the model; of one that `ner-train` made also the run and the seed."""
        with self._turn:
            return self._identity

    def recognize(self, texts: Sequence[str]) -> list[Recognized]:
        """Return the entities of each text; a score is never given, spaCy's are not probabilities."""
        for position, text in enumerate(texts):
            _refuse(text, position)
        with self._turn:
            return [_recognized(doc) for doc in self._nlp.pipe(texts, batch_size=_BATCH_SIZE)]

    @cached_property
    def _place(self) -> ModelPlace:
        return self._find()

    @cached_property
    def _identity(self) -> ModelIdentity:
        place, card = self._place, read_card(self._place.folder)
        return ModelIdentity(
            name=place.name,
            version=place.version,
            digest=card.digest if card else folder_digest(place.folder),
            labels=card.labels if card else _labels(self._nlp),
            max_chars=MAX_CHARS,
            run_id=card.run_id if card else None,
            seed=card.seed if card else None,
        )

    @cached_property
    def _nlp(self) -> "Language":
        return load(self._place)


def _refuse(text: str, position: int) -> None:
    if len(text) > MAX_CHARS:
        raise UserError(f"text {position} has {len(text)} characters; at most {MAX_CHARS} are taken, cut it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"text {position} is no valid Unicode: half a surrogate pair at character {error.start}; send whole ones"
        ) from None


def _labels(nlp: "Language") -> tuple[str, ...]:
    finders = [name for name in nlp.pipe_names if "doc.ents" in nlp.get_pipe_meta(name).assigns]
    return tuple(sorted({label for name in finders for label in nlp.pipe_labels.get(name, ())}))


def _recognized(doc: "Doc") -> Recognized:
    starts = [sentence.start for sentence in doc.sents]
    entities = (
        Entity(span.text, span.label_, span.start_char, span.end_char, bisect_right(starts, span.start) - 1)
        for span in doc.ents
    )
    return Recognized(entities=tuple(entities), num_tokens=len(doc))
