"""Hold what a model found in a text, and which model it was.

src/seedbed/ner/entity.py - v0.1.0

```mermaid
classDiagram
    Recognized ..> Entity : holds
```
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entity:
    """A name in a text: `text` is its slice `[start:end]`, counted in code points."""

    text: str
    label: str
    start: int
    end: int
    sentence: int
    """Which sentence of the text it stands in, the first being 0."""
    score: float | None = None
    """A calibrated probability, where the model has one."""


@dataclass(frozen=True, slots=True)
class Recognized:
    """The answer to one text."""

    entities: tuple[Entity, ...]
    """In reading order, without overlap."""
    num_tokens: int
    truncated: bool = False
    """The model read only the beginning of the text."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model answers."""

    name: str
    version: str
    digest: str
    """Names every file of the model, to the last byte."""
    labels: tuple[str, ...]
    max_chars: int
    """The longest text that may be given."""
    run_id: str | None = None
    """The run that trained it, where that is known."""
    seed: int | None = None
