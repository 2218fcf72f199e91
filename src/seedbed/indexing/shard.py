"""Bring one shard into the store, whatever its texts are like.

src/seedbed/indexing/shard.py - v0.1.0

Order: vectors on disk, points expected, upsert, count verified, points confirmed. Running a shard again is harmless.

```mermaid
flowchart LR
    ShardRunner --> VectorCache & Ledger & Collection
    ShardRunner --> DeadLetters
    ShardRunner --> ShardReport
```
"""

import logging
from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from seedbed.corpora.document import Rejection
from seedbed.errors import WorldError
from seedbed.indexing.chunks import Chunk
from seedbed.indexing.dead_letter import DeadLetters
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import ShardReport
from seedbed.indexing.vectors import VectorCache, Vectors
from seedbed.stores.point import Points
from seedbed.stores.ports import Collection

logger = logging.getLogger(__name__)

type Failure = tuple[Chunk, str]


@final
class ShardRunner:
    """Runs the shards of one collection."""

    def __init__(
        self, name: str, collection: Collection, ledger: Ledger, cache: VectorCache, dead_letters: DeadLetters
    ) -> None:
        self._name = name
        self._collection = collection
        self._ledger = ledger
        self._cache = cache
        self._dead_letters = dead_letters

    def __call__(self, shard: Shard) -> ShardReport:
        """Embed what has no vector yet, write the points, commit them.

        Raises:
            WorldError: the model, the disk or the store failed; nothing of the shard counts as done.
        """
        vectors = self._cache.find([chunk.vector_key for chunk in shard.chunks])
        missing = {chunk.vector_key: chunk for chunk in shard.chunks if chunk.vector_key not in vectors}
        num_reused = sum(chunk.vector_key in vectors for chunk in shard.chunks)
        unembedded = isolate(list(missing.values()), lambda some: vectors.update(self._embed(some)))
        self._bury("cannot be embedded", unembedded)
        ready = [chunk for chunk in shard.chunks if chunk.vector_key in vectors]
        self._ledger.expect(self._name, ready)
        refused = isolate(ready, lambda some: self._upsert(some, vectors))
        self._bury("refused by the store", refused)
        lost = {chunk.point_id for chunk, _ in refused}
        done = [chunk.point_id for chunk in ready if chunk.point_id not in lost]
        if (num_found := self._collection.count(done)) != len(done):
            raise WorldError(
                f"collection {self._name!r} shows {num_found} of {len(done)} points just written; run again"
            )
        self._ledger.confirm(self._name, done)
        committed = set(done)
        failed = frozenset(chunk.document_id for chunk in shard.chunks if chunk.point_id not in committed)
        logger.info("shard_committed", extra={"shard": shard.number, "collection": self._name, "num_points": len(done)})
        return ShardReport(
            number=shard.number,
            num_embedded=sum(key in vectors for key in missing),
            num_reused=num_reused,
            num_upserted=len(done),
            failed_documents=failed,
        )

    def _embed(self, chunks: Sequence[Chunk]) -> Vectors:
        return self._cache.embed({chunk.vector_key: chunk.text for chunk in chunks})

    def _upsert(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        rows = np.stack([vectors[chunk.vector_key] for chunk in chunks])
        points = Points([chunk.point_id for chunk in chunks], rows, [chunk.payload for chunk in chunks])
        self._collection.upsert(points)

    def _bury(self, what: str, failures: Sequence[Failure]) -> None:
        for chunk, reason in failures:
            self._dead_letters.add(
                Rejection(
                    source=chunk.document_id,
                    line=None,
                    document_id=chunk.document_id,
                    reason=f"{what}: {reason}",
                    excerpt=chunk.text[:200],
                )
            )


def isolate(chunks: Sequence[Chunk], attempt: Callable[[Sequence[Chunk]], object]) -> list[Failure]:
    """Try all chunks at once, halve what fails, and return the single chunks that fail with the reason.

    Raises:
        WorldError: the world failed, not a text: halving would not help.
    """
    if not chunks:
        return []
    try:
        attempt(chunks)
    except (WorldError, MemoryError):
        raise
    except Exception as error:  # whatever a model or a store makes of one text must not cost the others their place
        if len(chunks) == 1:
            return [(chunks[0], f"{type(error).__name__}: {error}")]
        middle = len(chunks) // 2
        return isolate(chunks[:middle], attempt) + isolate(chunks[middle:], attempt)
    return []
