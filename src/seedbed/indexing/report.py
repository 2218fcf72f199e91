"""Say what one indexing run did or would do.

src/seedbed/indexing/report.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- ShardReport
    BaseModel <|-- IndexReport
    BaseModel <|-- IndexPlan
```
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, computed_field


class ShardReport(BaseModel):
    """What became of one shard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    num_embedded: int
    num_reused: int
    """Chunks whose vector was there already: moved text, or a store that is filled again."""
    num_upserted: int
    failed_documents: frozenset[str] = frozenset()
    """Documents with a chunk that went to the dead letter file; whatever the store had of them stays."""


class IndexReport(BaseModel):
    """What is in the index now, and what this run did to get there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    collection: str
    encoder: str
    """What ran the model, and in which precision."""
    data_digest: str
    num_documents: int
    num_chunks: int
    num_truncated: int
    """Chunks in the index that were longer than the model's limit."""
    num_embedded: int
    num_reused: int
    num_upserted: int
    num_deleted: int
    num_documents_kept: int
    """Documents that are gone or broken: they stay, because records without a readable id may be these."""
    num_rejected: int
    """Records and chunks in the dead letter file of this run."""
    dead_letter: Path | None
    seconds: float

    @computed_field  # type: ignore[prop-decorator]  # https://github.com/python/mypy/issues/14461
    @property
    def docs_per_s(self) -> float:
        """Documents checked per second, embedded or found unchanged."""
        return self.num_documents / self.seconds if self.seconds else 0.0


class IndexPlan(BaseModel):
    """What a run would do; chunks are counted unless the name says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    collection: str
    replaces: str | None
    """The collection that searches see until this one is complete."""
    num_documents: int
    num_rejected: int
    """Records that cannot become documents."""
    num_new: int
    num_changed: int
    num_unchanged: int
    num_to_embed: int
    """Different texts that have no vector yet."""
    num_characters: int
    """Length of the texts to embed, together."""
    num_to_delete: int
    num_documents_gone: int
    num_documents_kept: int
    """Documents that are gone or broken: they stay, because records without a readable id may be these."""
    refusal: str | None
    """Why the run would delete nothing and fail."""
    embedding_s: float | None
    """Estimate from the last run with this encoder that embedded enough to be measured."""
