"""Describe the labels that a retrieval evaluation needs.

src/seedbed/corpora/judgment.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Query
    BaseModel <|-- Judgment
```
"""

from pydantic import BaseModel, ConfigDict


class Query(BaseModel):
    """One question to ask of a store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    text: str


class Judgment(BaseModel):
    """How relevant one document is to one query; 0 is judged and not relevant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query_id: str
    document_id: str
    relevance: int
