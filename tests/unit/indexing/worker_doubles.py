"""Make encoders for workers in other processes: one that is slow or deadly, one that is poisoned, one that is another.

tests/unit/indexing/worker_doubles.py - v0.1.0

A new process imports this file alone, which takes a moment; the tests' own take many seconds.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import final

from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.ports import Embedder, Embeddings
from tests.unit.indexing.doubles import HashEmbedder


@final
class SlowEmbedder(Embedder):
    """Takes its time, so that there is a moment to kill it in; ends its process when a text says so."""

    def __init__(self, seconds: float) -> None:
        self._inner = HashEmbedder()
        self._seconds = seconds

    def fingerprint(self) -> Fingerprint:
        """Return that of the fast one."""
        return self._inner.fingerprint()

    def tokenizer_file(self) -> Path:
        """There is none."""
        return self._inner.tokenizer_file()

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return digests as directions, later."""
        if "deadly" in texts:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self._seconds)
        return self._inner.embed(texts)


def slow(seconds: float, num_threads: int) -> SlowEmbedder:
    """Make one in a worker."""
    return SlowEmbedder(seconds)


def poisoned(num_threads: int) -> HashEmbedder:
    """Make one in a worker that refuses 'bad'."""
    embedder = HashEmbedder()
    embedder.poison = "bad"
    return embedder


def of_model(model: str, num_threads: int) -> HashEmbedder:
    """Make one in a worker that has another model."""
    return HashEmbedder(model)
