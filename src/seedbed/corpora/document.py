"""Describe what a corpus yields.

src/seedbed/corpora/document.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Document
    BaseModel <|-- Rejection
```
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

type Metadata = dict[str, str | int | float | bool]


class Document(BaseModel):
    """One text with an id that stays the same as long as the text stays the same thing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    text: Annotated[str, StringConstraints(min_length=1)]
    title: str = ""
    metadata: Metadata = {}

    @property
    def content(self) -> str:
        """What is embedded: title and text joined by a space, as BEIR does it."""
        return f"{self.title} {self.text}".strip()


class Rejection(BaseModel):
    """One record that could not become a document; it goes to the dead letter file, the rest goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """File or object the record came from."""
    line: int | None
    """Line or row, counted from 1, where the source has such a thing."""
    document_id: str | None = None
    """The id, where the record still has one: what the index holds of that document is kept."""
    reason: str
    """What is wrong, in words a user can act on."""
    excerpt: str = ""
    """At most the first 200 characters of the record, escaped."""
