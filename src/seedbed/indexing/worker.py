"""Hold one encoder in a process of its own.

src/seedbed/indexing/worker.py - v0.1.0

Its vectors stay on disk: the process that stores them reads the file, and nothing large travels twice.

```mermaid
flowchart LR
    Worker --> encode_shard --> Encoded
    Worker --> UserError
```
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.ports import Embedder
from seedbed.errors import UserError
from seedbed.indexing.encode import Encoded, encode_shard


@dataclass(frozen=True, slots=True)
class Task:
    """What every worker of one run is told; it can be sent to another process."""

    make_embedder: Callable[[int], Embedder]
    """Takes the number of threads that it may use."""
    fingerprint: Fingerprint
    """Of the encoder that the index is made with."""
    folder: Path
    """Of the vectors; a worker on another machine reaches it under the same path."""


@final
class Worker:
    """An encoder that is loaded once."""

    def __init__(self, task: Task, num_threads: int) -> None:
        self._task = task
        self._num_threads = num_threads
        self._embedder: Embedder | None = None

    def encode(self, texts: Mapping[str, str]) -> Encoded:
        """Embed texts as `encode_shard` does.

        Raises:
            UserError: this machine has another model, or would run it otherwise.
            WorldError: as `encode_shard`.
        """
        if self._embedder is None:
            embedder = self._task.make_embedder(self._num_threads)
            if (found := embedder.fingerprint()) != (asked := self._task.fingerprint):
                raise UserError(
                    f"the worker on {socket.gethostname()} would make vectors with {found.model} {found.model_digest} "
                    f"({found.runtime}), the index is made with {asked.model} {asked.model_digest} ({asked.runtime}); "
                    "give every machine the same model and lock, or name SEEDBED_EMBEDDING__BACKEND and __PRECISION"
                )
            self._embedder = embedder
        return replace(encode_shard(texts, self._embedder, self._task.folder), vectors=None)
