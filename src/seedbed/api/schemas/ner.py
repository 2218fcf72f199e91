"""Describe what is asked about entities.

src/seedbed/api/schemas/ner.py - v0.1.0

The text of an item may be anything: one that is none gets its reason where the others get their answer.

```mermaid
classDiagram
    BaseModel <|-- NerText
    BaseModel <|-- NerItem
    BaseModel <|-- NerItems
    NerItems ..> NerItem : holds
    NerText ..> Filter : describes
```
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, WithJsonSchema

from seedbed.ner.answers import Filter, Item

MAX_ITEMS = 256
MAX_CHARS = 100_000
"""Of all texts of one request together: some seconds of work."""
MAX_JOB_ITEMS = 100_000
_LABELS = "only entities with one of these; GET /v1/ner/labels lists them"
_ALLOWED = "texts that may stand there: an entity that is exactly one of them is left out"

type Word = Annotated[str, StringConstraints(min_length=1, max_length=500)]
type Labels = Annotated[list[Word] | None, Field(min_length=1, max_length=100, description=_LABELS)]
type AllowList = Annotated[list[Word], Field(max_length=1000, description=_ALLOWED)]


class NerText(BaseModel):
    """One text."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"text": "Zoë Ask moved to Oslo in May."}]}
    )

    text: str = Field(max_length=MAX_CHARS)
    labels: Labels = None
    allow_list: AllowList = []


class NerItem(BaseModel):
    """One of several texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=200, description="comes back with the answer")
    text: Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {}]})] = Field(
        description="a string; anything else, half a surrogate pair or too many characters: `error` says so"
    )


class NerItems(BaseModel):
    """Several texts."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"items": [{"id": "a", "text": "Oslo"}], "labels": ["GPE"]}]},
    )

    items: list[NerItem] = Field(
        min_length=1,
        max_length=MAX_JOB_ITEMS,
        description=f"up to {MAX_ITEMS} with {MAX_CHARS} characters in all are answered at once; more become a job",
    )
    labels: Labels = None
    allow_list: AllowList = []


def _form(body: object) -> str:
    return "items" if isinstance(body, dict) and "items" in body else "text"


type NerRequest = Annotated[Annotated[NerText, Tag("text")] | Annotated[NerItems, Tag("items")], Discriminator(_form)]


def items_of(asked: NerText | NerItems) -> tuple[list[Item], Filter]:
    """Return what is asked about, and which entities are answered."""
    wanted = Filter(None if asked.labels is None else frozenset(asked.labels), frozenset(asked.allow_list))
    if isinstance(asked, NerText):
        return [(None, asked.text)], wanted
    return [(item.id, item.text) for item in asked.items], wanted
