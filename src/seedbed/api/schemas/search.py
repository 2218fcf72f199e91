"""Describe a search as it goes over the wire.

src/seedbed/api/schemas/search.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- SearchRequest
    BaseModel <|-- FoundChunk
    BaseModel <|-- SearchAnswer
    SearchAnswer ..> FoundChunk : holds
```
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from seedbed.stores.point import Hit, Value


def not_blank(text: str) -> str:
    """Return the text when it has something to embed."""
    if not text.strip():
        raise ValueError("the text is empty or blank")
    return text


type Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(not_blank)]


class SearchRequest(BaseModel):
    """What to look for."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"query": "parse a date from a string", "k": 5}]}
    )

    query: Text
    k: int = Field(10, ge=1, le=100, description="how many chunks")
    index: str | None = Field(None, min_length=1, max_length=200, description="default: the newest")
    document_id: str | None = Field(None, min_length=1, max_length=1000, description="only chunks of this document")


class FoundChunk(BaseModel):
    """One chunk, and how near it is."""

    id: str
    score: float = Field(description="cosine similarity, 1 is the same direction", examples=[0.71])
    document_id: str
    title: str
    text: str
    start: int = Field(description="first character in its document, in code points")
    end: int = Field(description="character after its last one")
    metadata: dict[str, Value]


class SearchAnswer(BaseModel):
    """The nearest chunks, best first."""

    model_version: Literal["v1"] = "v1"
    index: str
    hits: list[FoundChunk]


def found_chunk(hit: Hit) -> FoundChunk:
    """Return a hit as it is shown."""
    known = {name: hit.payload.get(name, "") for name in ("document_id", "title", "text", "start", "end")}
    metadata = {name: value for name, value in hit.payload.items() if name.startswith("meta_")}
    return FoundChunk.model_validate({"id": hit.id, "score": hit.score, **known, "metadata": metadata})
