"""Turn what a model found into what is answered.

src/seedbed/ner/answers.py - v0.1.0

Offsets come in two units: Python counts code points, JavaScript, Java and C# count UTF-16 units, and whoever slices
with the wrong ones blackens the wrong letters.

```mermaid
flowchart LR
    answers_of --> answer_of & refusal_of
    answer_of --> utf16_offsets & Recognized & Filter
```
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from seedbed.errors import UserError, WorldError
from seedbed.ner.entity import Entity, Recognized
from seedbed.ner.isolation import Answer

type Item = tuple[str | None, object]
"""What the caller calls it, and what should be a text."""

_BASIC = "\uffff"
"""The last character that is one UTF-16 unit."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entities are answered."""

    labels: frozenset[str] | None = None
    """None: all."""
    allow_list: frozenset[str] = frozenset()
    """Texts that may stand there: an entity that is exactly one of them is left out."""

    def lets_through(self, entity: Entity) -> bool:
        """Whether the entity is answered."""
        return (self.labels is None or entity.label in self.labels) and entity.text not in self.allow_list


EVERYTHING = Filter()


def fault_of(text: object, max_chars: int) -> str | None:
    r"""Return why a model cannot be given this; None when it can.

    >>> fault_of(None, 10), fault_of("\ud800", 10), fault_of("Oslo", 10)
    ('the text is no string but null', 'the text is no valid Unicode: character 0 is half of a surrogate pair', None)
    """
    if not isinstance(text, str):
        return f"the text is no string but {_kind(text)}"
    if len(text) > max_chars:
        return f"the text has {len(text)} characters; the model takes {max_chars}"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"the text is no valid Unicode: character {error.start} is half of a surrogate pair"
    return None


def utf16_offsets(text: str, positions: Sequence[int]) -> list[int]:
    """Return ascending positions in code points as positions in UTF-16 units.

    >>> utf16_offsets("🙂 Oslo", [0, 2, 6])
    [0, 3, 7]
    """
    if text.isascii() or not positions or max(text) <= _BASIC:
        return list(positions)
    offsets, last, units = [], 0, 0
    for position in positions:
        units += len(text[last:position].encode("utf-16-le")) // 2
        last = position
        offsets.append(units)
    return offsets


def answers_of(
    items: Sequence[Item], faults: Sequence[str | None], found: Iterable[Answer], wanted: Filter = EVERYTHING
) -> list[dict[str, Any]]:
    """Return the answer to every item: `found` is what the model said to those without a fault, in order.

    Raises:
        WorldError: the model cannot be asked at all.
    """
    said = iter(found)
    answers = []
    for (item_id, text), fault in zip(items, faults, strict=True):
        if fault is not None:
            answers.append(refusal_of(item_id, fault))
            continue
        match next(said):
            case Recognized() as recognized:
                answers.append(answer_of(item_id, str(text), recognized, wanted))
            case WorldError() as error:
                raise error
            case UserError() as error:
                answers.append(refusal_of(item_id, str(error)))
            case _:
                answers.append(refusal_of(item_id, "the model failed on this text; the log says how"))
    return answers


def answer_of(item_id: str | None, text: str, found: Recognized, wanted: Filter = EVERYTHING) -> dict[str, Any]:
    """Return the answer to one text."""
    entities = [entity for entity in found.entities if wanted.lets_through(entity)]
    units = utf16_offsets(text, [position for entity in entities for position in (entity.start, entity.end)])
    return {
        "id": item_id,
        "entities": [
            {
                "text": entity.text,
                "label": entity.label,
                "start": entity.start,
                "end": entity.end,
                "start_utf16": start,
                "end_utf16": end,
                "sentence": entity.sentence,
                "score": entity.score,
            }
            for entity, start, end in zip(entities, units[::2], units[1::2], strict=True)
        ],
        "num_tokens": found.num_tokens,
        "truncated": found.truncated,
        "error": None,
    }


def refusal_of(item_id: str | None, reason: str) -> dict[str, Any]:
    """Return the answer to a text that has none; `entities` is null: an empty list would say that nothing is there."""
    return {"id": item_id, "entities": None, "num_tokens": 0, "truncated": False, "error": reason}


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"
