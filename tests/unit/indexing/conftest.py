"""Build small indexes on a real embedded Chroma.

tests/unit/indexing/conftest.py - v0.1.0
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest

from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Corpus
from seedbed.embedding.config import EmbeddingConfig
from seedbed.indexing.config import IndexConfig, IndexingConfig
from seedbed.indexing.index import Index
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.workers import Workers
from seedbed.stores.adapters.chroma import ChromaStore
from seedbed.stores.config import StoreConfig
from seedbed.stores.point import CollectionSpec
from seedbed.stores.ports import Collection
from tests.unit.indexing.doubles import DIMENSION, HashEmbedder, LineChunker, ListCorpus


@dataclass
class Engine:
    """Opens indexes that share one state folder."""

    home: Path
    embedder: HashEmbedder = field(default_factory=HashEmbedder)
    shard_chunks: int = 4
    max_shrink: float = 0.3
    allow_shrink: bool = False
    query_prompt: str = ""
    url: str | None = None
    """Address of a Chroma server; default: embedded."""

    @contextmanager
    def index(
        self,
        *records: Document | Rejection,
        corpus: Corpus | None = None,
        workers: Workers | None = None,
        create: bool = True,
        timeout_s: float = 60,
    ) -> Iterator[Index]:
        """Open an index over these records, or over a corpus."""
        limits = IndexingConfig(
            shard_chunks=self.shard_chunks, max_shrink=self.max_shrink, allow_shrink=self.allow_shrink
        )
        store = StoreConfig(collection="test", url=self.url)
        with Ledger(self.home / "ledger.db", create=create, timeout_s=timeout_s) as ledger:
            yield Index(
                IndexConfig(store=store, indexing=limits, embedding=EmbeddingConfig(query_prompt=self.query_prompt)),
                corpus=corpus or ListCorpus(records),
                chunker=LineChunker(),
                embedder=self.embedder,
                store=ChromaStore(store, self.home / "chroma"),
                ledger=ledger,
                home=self.home,
                workers=workers,
            )

    def open_collection(self) -> Collection:
        """Open the collection that searches see, past the index."""
        with Ledger(self.home / "ledger.db") as ledger:
            _, name = ledger.resolve("test")
        return ChromaStore(StoreConfig(url=self.url), self.home / "chroma").open(CollectionSpec(name, DIMENSION))

    def content(self) -> dict[str, str]:
        """Return what the store holds: document and position → text."""
        collection = self.open_collection()  # listed, not searched: a neighbour graph may fail to reach a point
        document, position, text = (dict(chain(*collection.scan(name))) for name in ("document_id", "position", "text"))
        return {f"{document[point]}/{position[point]}": str(text[point]) for point in document}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return an engine on an empty state folder."""
    return Engine(tmp_path)


def documents(**texts: str) -> list[Document]:
    """Return one document per keyword."""
    return [Document(id=name, text=text) for name, text in texts.items()]
