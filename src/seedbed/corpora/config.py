"""Choose a corpus and how it is cut.

src/seedbed/corpora/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- CorpusConfig
    BaseModel <|-- ChunkConfig
```
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

type CorpusKind = Literal["docstrings", "jsonl", "parquet", "folder", "beir"]


class CorpusConfig(BaseModel):
    """Where documents come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CorpusKind = Field("docstrings", description="what the source is; docstrings = the Python standard library's")
    path: Path | None = Field(None, description="file or folder; not needed for docstrings")
    id_field: str = Field("id", description="jsonl, parquet: the field that holds the id")
    text_field: str = Field("text", description="jsonl, parquet: the field that holds the text")
    title_field: str = Field("title", description="jsonl, parquet: the field that holds a title, if any")
    split: str = Field(
        "test", pattern=r"^[A-Za-z0-9_-]+$", description="beir: which qrels/<split>.tsv; letters, digits, _ and -"
    )
    max_record_bytes: PositiveInt = Field(5_000_000, description="a longer record is a dead letter")


class ChunkConfig(BaseModel):
    """How a document is cut before it is embedded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: PositiveInt | Literal["auto", "whole"] = Field(
        "auto",
        description="most tokens in a chunk; whole = do not cut, the model truncates; "
        "auto = whole for beir (as published numbers are made), else the model's own limit",
    )
    overlap: int = Field(0, ge=0, description="tokens that neighbouring chunks share")
