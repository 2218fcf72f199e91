"""Compare a query with every chunk.

src/seedbed/indexing/exact.py - v0.1.0

A store's graph is drawn at random, so two stores with the same points may answer differently; this answers the same
every time, from the vectors on disk, and shows what a store's answers miss.

```mermaid
classDiagram
    ExactSearcher ..> Ledger : reads
    ExactSearcher ..> VectorCache : reads
    ExactSearcher ..> Hit : returns
```
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import final

import numpy as np
import numpy.typing as npt

from seedbed.errors import UserError, WorldError
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.vectors import VectorCache
from seedbed.stores.point import Hit, Payload

type Vectorize = Callable[[Sequence[str]], npt.NDArray[np.float32]]

MAX_CHUNKS = 2_000_000
"""Above this many chunks the matrix takes gigabytes; ask the store then."""
_QUERIES = 256


@final
class ExactSearcher:
    """Searches the confirmed points of one collection by brute force, in memory: n x d x 4 bytes."""

    def __init__(self, collection: str, ledger: Ledger, cache: VectorCache, vectorize: Vectorize) -> None:
        self._collection = collection
        self._ledger = ledger
        self._cache = cache
        self._vectorize = vectorize

    def __call__(self, texts: Sequence[str], k: int) -> list[list[Hit]]:
        """Return the `k` best chunks per text, best first, equal scores ordered by id; payloads hold the document id.

        Raises:
            UserError: there are more than MAX_CHUNKS chunks.
            WorldError: vectors are missing on disk.
        """
        ids, payloads, matrix = self._points
        found: list[list[Hit]] = []
        for start in range(0, len(texts), _QUERIES):
            scores = self._vectorize(texts[start : start + _QUERIES]) @ matrix.T
            found += [[Hit(ids[i], float(row[i]), payloads[i]) for i in _best(row, k)] for row in scores]
        return found

    @cached_property
    def _points(self) -> tuple[list[str], list[Payload], npt.NDArray[np.float32]]:
        rows = self._ledger.confirmed(self._collection)
        if len(rows) > MAX_CHUNKS:
            raise UserError(
                f"{len(rows)} chunks are too many to compare with each; at most {MAX_CHUNKS}. Use --set search=store"
            )
        keys = list(dict.fromkeys(key for _, _, key in rows))
        vectors = self._cache.find(keys)
        if len(vectors) < len(keys):
            raise WorldError(
                f"{len(keys) - len(vectors)} of {len(keys)} vectors are missing on disk. Next: seedbed index"
            )
        matrix = np.stack([vectors[key] for _, _, key in rows])
        payloads: list[Payload] = [{"document_id": document} for _, document, _ in rows]
        return [point for point, _, _ in rows], payloads, matrix


def _best(scores: npt.NDArray[np.float32], k: int) -> list[int]:
    """Return the positions of the k highest scores; positions are in order of id, so a stable sort settles ties."""
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    order = np.argsort(-scores[candidates], kind="stable")[:k]
    return [int(i) for i in candidates[order]]
