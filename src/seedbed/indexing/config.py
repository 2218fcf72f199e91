"""Choose what an index is made of, and how carefully it is brought up to date.

src/seedbed/indexing/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- IndexingConfig
    BaseModel <|-- IndexConfig
    IndexConfig ..> CorpusConfig : holds
    IndexConfig ..> StoreConfig : holds
    IndexingConfig ..> UserError : raises
```
"""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, SecretStr, field_validator

from seedbed.corpora.config import ChunkConfig, CorpusConfig
from seedbed.digests import canonical_json, digest_of
from seedbed.embedding.config import EmbeddingConfig
from seedbed.errors import UserError
from seedbed.stores.config import StoreConfig


class IndexingConfig(BaseModel):
    """Limits of one indexing run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard_chunks: PositiveInt = Field(512, le=100_000, description="chunks that are embedded and committed together")
    max_shrink: float = Field(0.3, ge=0, le=1, description="share of the documents that one run may delete")
    allow_shrink: bool = Field(False, description="delete however many documents are gone")
    workers: Literal["thread", "processes", "ray"] = Field(
        "thread",
        description="who embeds: a thread of this process with every core, processes of this machine, "
        "or actors on the cluster that RAY_ADDRESS names",
    )
    num_workers: PositiveInt = Field(2, le=1024, description="how many processes or actors, each with the model")
    ledger_url: SecretStr | None = Field(
        None,
        description="PostgreSQL that keeps the ledger, for more than one machine: "
        "postgresql://user:password@host/database?sslmode=verify-full; default: SQLite, <home>/ledger.db",
    )

    @field_validator("ledger_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgresql+psycopg://")):
            raise UserError(
                "SEEDBED_INDEXING__LEDGER_URL names no PostgreSQL; write postgresql://user:password@host/database, "
                "or nothing for SQLite in the home folder"
            )
        return url


class IndexConfig(BaseModel):
    """Everything that decides what is in an index; an experiment that needs one derives its config from this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpus: CorpusConfig = CorpusConfig()
    chunk: ChunkConfig = ChunkConfig()
    embedding: EmbeddingConfig = EmbeddingConfig()
    store: StoreConfig = StoreConfig()
    indexing: IndexingConfig = IndexingConfig()

    @property
    def name(self) -> str:
        """What people call the index: the chosen collection, or a name from the corpus' kind, place and options."""
        if self.store.collection:
            return self.store.collection
        corpus = self.corpus
        options = [canonical_json(corpus.options)] if corpus.options else []
        if corpus.path is None:
            return f"{corpus.kind}-{digest_of(*options)[:4]}" if options else corpus.kind
        place = corpus.path.resolve()
        slug = re.sub(r"[^a-z0-9]+", "-", place.stem.lower()).strip("-")[:20] or "corpus"
        return f"{corpus.kind}-{slug}-{digest_of(place.as_posix(), *options)[:4]}"
