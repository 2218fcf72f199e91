"""Ask an index in words.

src/seedbed/indexing/search.py - v0.1.0

```mermaid
classDiagram
    Searcher ..> VectorCache : asks
    Searcher ..> Collection : asks
    Searcher ..> Hit : returns
```
"""

from collections.abc import Mapping, Sequence
from itertools import batched
from typing import final

import numpy as np
import numpy.typing as npt

from seedbed.embedding.ports import Embedder
from seedbed.indexing.chunks import normalized, vector_key
from seedbed.indexing.encode import embed_checked
from seedbed.indexing.vectors import VectorCache
from seedbed.stores.point import Hit, Value
from seedbed.stores.ports import Collection

_BATCH = 512


@final
class Searcher:
    """Searches one collection with the encoder that filled it."""

    def __init__(self, collection: Collection, embedder: Embedder, cache: VectorCache, prompt: str) -> None:
        self._collection = collection
        self._embedder = embedder
        self._cache = cache
        self._prompt = prompt

    def __call__(self, texts: Sequence[str], k: int, where: Mapping[str, Value] | None = None) -> list[list[Hit]]:
        """Return up to `k` chunks per text, best first.

        The vectors of a set of queries are kept, so that asking the set again embeds nothing; a single question is not.
        """
        hits: list[list[Hit]] = []
        for some in batched(texts, _BATCH):
            hits += self._collection.search(self.vectors(some), k, where)
        return hits

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vector of each query, (n, d)."""
        prompted = [self._prompt + normalized(text) for text in texts]
        encoder = self._embedder.fingerprint().digest
        keyed = {vector_key(text, encoder): text for text in prompted}
        vectors = self._cache.find(list(keyed))
        missing = {key: text for key, text in keyed.items() if key not in vectors}
        if missing and len(prompted) == 1:
            return self._embedder.embed(prompted).vectors
        if missing:
            embeddings = embed_checked(self._embedder, list(missing.values()))
            self._cache.keep(encoder, list(missing), embeddings)
            vectors |= dict(zip(missing, embeddings.vectors, strict=True))
        return np.stack([vectors[vector_key(text, encoder)] for text in prompted])
