"""Bring one shard into the store while the next one is embedded.

src/seedbed/indexing/shard.py - v0.1.0

Order: vectors on disk, points expected, upsert, count verified, points confirmed. Running a shard again is harmless.

```mermaid
flowchart LR
    ShardRunner --> Workers & VectorCache & Ledger & Collection
    ShardRunner --> DeadLetters
    ShardRunner --> ShardReport
```
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import final

import numpy as np

from seedbed.corpora.document import Rejection
from seedbed.errors import WorldError
from seedbed.indexing.chunks import Chunk
from seedbed.indexing.dead_letter import DeadLetters
from seedbed.indexing.encode import Encoded, isolate
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard
from seedbed.indexing.report import ShardReport
from seedbed.indexing.vectors import VectorCache, Vectors
from seedbed.indexing.workers import Workers
from seedbed.stores.point import Points
from seedbed.stores.ports import Collection

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Begun:
    """A shard whose texts are being embedded, or are."""

    vectors: Vectors
    texts: dict[str, str]
    """What is embedded for this shard, by key; what an earlier one embeds meanwhile is not among it."""
    encoded: Future[Encoded] | None
    failures: dict[str, str]


@final
class ShardRunner:
    """Runs the shards of one collection; but for the embedding, all of it happens in the thread that calls."""

    def __init__(
        self,
        name: str,
        collection: Collection,
        ledger: Ledger,
        cache: VectorCache,
        workers: Workers,
        dead_letters: DeadLetters,
    ) -> None:
        self._name = name
        self._collection = collection
        self._ledger = ledger
        self._cache = cache
        self._workers = workers
        self._dead_letters = dead_letters
        self._begun: dict[int, _Begun] = {}
        self._num_characters = 0
        self._seconds = 0.0

    @property
    def characters_per_s(self) -> float | None:
        """How fast texts became vectors, once that took a second; the first shard, which loads the model, apart."""
        return self._num_characters / self._seconds if self._seconds >= 1 else None

    def ahead(self, shards: Iterable[Shard]) -> Iterator[Shard]:
        """Yield each shard after its embedding and that of the next ones has begun: two for each worker, no more."""
        waiting: deque[Shard] = deque()
        for shard in shards:
            self._begun[shard.number] = self._begin(shard)
            waiting.append(shard)
            if len(waiting) == 2 * self._workers.num_workers:
                yield waiting.popleft()
        yield from waiting

    def abandon(self) -> None:
        """Embed nothing further, and return when nothing is being embedded any more."""
        futures = [begun.encoded for begun in self._begun.values() if begun.encoded]
        self._begun.clear()
        wait([future for future in futures if not future.cancel()])

    def __call__(self, shard: Shard) -> ShardReport:
        """Wait for the vectors of a shard, write its points, commit them.

        Raises:
            WorldError: the model, the disk or the store failed; nothing of the shard counts as done.
        """
        begun = self._begun.pop(shard.number, None) or self._begin(shard)
        self._finish(begun, shard)
        self._begun[shard.number] = begun  # whoever calls again after the store failed need not embed again
        vectors = begun.vectors
        ready = [chunk for chunk in shard.chunks if chunk.vector_key in vectors]
        unembedded = [chunk for chunk in shard.chunks if chunk.vector_key not in vectors]
        self._bury("cannot be embedded", ((chunk, begun.failures[chunk.vector_key]) for chunk in unembedded))
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
        del self._begun[shard.number]
        committed = set(done)
        logger.info("shard_committed", extra={"shard": shard.number, "collection": self._name, "num_points": len(done)})
        return ShardReport(
            number=shard.number,
            num_embedded=sum(key in vectors for key in begun.texts),
            num_reused=sum(chunk.vector_key not in begun.texts for chunk in ready),
            num_upserted=len(done),
            failed_documents=frozenset(c.document_id for c in shard.chunks if c.point_id not in committed),
        )

    def _begin(self, shard: Shard) -> _Begun:
        vectors = self._cache.find([chunk.vector_key for chunk in shard.chunks])
        elsewhere = {key for begun in self._begun.values() for key in begun.texts}
        missing = {chunk.vector_key: chunk.text for chunk in shard.chunks if chunk.vector_key not in vectors}
        texts = {key: text for key, text in missing.items() if key not in elsewhere}
        return _Begun(vectors, texts, self._workers.submit(texts) if texts else None, {})

    def _finish(self, begun: _Begun, shard: Shard) -> None:
        """Leave no chunk of a shard without either a vector or a failure."""
        if begun.encoded:
            self._note(begun, begun.encoded, begun.texts)
            begun.encoded = None
        settled = begun.vectors.keys() | begun.failures.keys()
        open_keys = {chunk.vector_key: chunk.text for chunk in shard.chunks if chunk.vector_key not in settled}
        begun.vectors |= self._cache.find(list(open_keys))
        if again := {key: text for key, text in open_keys.items() if key not in begun.vectors}:  # it failed elsewhere
            self._note(begun, self._workers.submit(again), again)

    def _note(self, begun: _Begun, future: Future[Encoded], texts: Mapping[str, str]) -> None:
        encoded = future.result()
        if self._cache.num_embedded:
            self._seconds += encoded.seconds
            self._num_characters += sum(map(len, texts.values()))
        begun.vectors |= self._cache.note(encoded)
        begun.failures |= dict(encoded.failures)

    def _upsert(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        rows = np.stack([vectors[chunk.vector_key] for chunk in chunks])
        points = Points([chunk.point_id for chunk in chunks], rows, [chunk.payload for chunk in chunks])
        self._collection.upsert(points)

    def _bury(self, what: str, failures: Iterable[tuple[Chunk, str]]) -> None:
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
