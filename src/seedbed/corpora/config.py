"""Choose a corpus and how it is cut.

src/seedbed/corpora/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- CorpusConfig
    BaseModel <|-- ChunkConfig
    CorpusConfig ..> PluginGroup : asks
```
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, WithJsonSchema, model_validator

from seedbed.plugins import ABOUT_OPTIONS, Options, Plugin, PluginGroup

CORPORA = PluginGroup("corpus", "seedbed.corpora", "corpus.kind", ("docstrings", "jsonl", "parquet", "folder", "beir"))

type CorpusKind = Annotated[str, AfterValidator(CORPORA.checked), WithJsonSchema(CORPORA.json_schema())]


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
    options: Options = Field({}, description=ABOUT_OPTIONS)

    @property
    def plugin(self) -> Plugin | None:
        """What a package declares under the name, None for what is built in."""
        return CORPORA.find(self.kind)

    @model_validator(mode="after")
    def _options_go_to_plugins(self) -> Self:
        CORPORA.refuse_options(self.kind, self.options)
        return self


class ChunkConfig(BaseModel):
    """How a document is cut before it is embedded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: PositiveInt | Literal["auto", "whole"] = Field(
        "auto",
        description="most tokens in a chunk; whole = do not cut, the model truncates; "
        "auto = whole for beir (as published numbers are made), else the model's own limit",
    )
    overlap: int = Field(0, ge=0, description="tokens that neighbouring chunks share")
