"""Embed shards beside whoever stores them.

src/seedbed/indexing/workers.py - v0.1.0

```mermaid
classDiagram
    Workers <|.. ThreadWorker
    ThreadWorker ..> encode_shard : runs
    Workers ..> Encoded : promises
```
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import final

from seedbed.embedding.ports import Embedder
from seedbed.indexing.encode import Encoded, encode_shard


class Workers(ABC):
    """Those who run `encode_shard`; each must reach the folder of the vectors, and none the ledger or the store."""

    num_workers = 1

    @abstractmethod
    def submit(self, texts: Mapping[str, str]) -> Future[Encoded]:
        """Have texts (by key) embedded and return at once; the future fails as `encode_shard` does."""


@final
class ThreadWorker(Workers):
    """One thread of this process: the encoder itself uses every core."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "encode")

    def submit(self, texts: Mapping[str, str]) -> Future[Encoded]:
        """Queue the texts behind those that came before."""
        return self._thread.submit(encode_shard, texts, self._embedder, self._folder)
