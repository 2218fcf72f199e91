"""Make the vectors of one shard, whatever its texts are like.

src/seedbed/indexing/encode.py - v0.1.0

Neither ledger nor store is needed: this may run in a thread, another process or on another machine, and run again.

```mermaid
flowchart LR
    encode_shard --> isolate & embed_checked & write_vectors
    encode_shard --> Encoded
```
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.errors import WorldError
from seedbed.indexing.vector_file import write_vectors


@dataclass(frozen=True, slots=True)
class Encoded:
    """What became of the texts of one shard."""

    file: str | None
    """Parquet file below the vector folder, complete on disk; None where no text could be embedded."""
    keys: list[str]
    """Row by row of the file."""
    truncated: list[bool]
    """Row by row: the text was longer than the model's limit."""
    failures: list[tuple[str, str]]
    """Keys without a vector, and why."""
    seconds: float
    """What the model took."""
    vectors: npt.NDArray[np.float32] | None
    """(n, d), row by row; None where they come from another process: they are in the file."""


def encode_shard(texts: Mapping[str, str], embedder: Embedder, folder: Path) -> Encoded:
    """Embed texts (by key) and put the vectors on disk; a text that the model refuses costs no other its vector.

    Raises:
        WorldError: the model cannot be loaded, or the vectors cannot be written.
    """
    keys: list[str] = []
    parts: list[Embeddings] = []

    def embed(some: Sequence[str]) -> None:
        parts.append(embed_checked(embedder, [texts[key] for key in some]))
        keys.extend(some)

    started = time.perf_counter()
    failures = isolate(list(texts), embed)
    seconds = time.perf_counter() - started
    if not parts:
        return Encoded(None, [], [], failures, seconds, None)
    embeddings = parts[0] if len(parts) == 1 else _joined(parts)
    file = write_vectors(folder, embedder.fingerprint().digest, keys, embeddings)
    return Encoded(file, keys, embeddings.truncated.tolist(), failures, seconds, embeddings.vectors)


def embed_checked(embedder: Embedder, texts: Sequence[str]) -> Embeddings:
    """Return what the model makes of the texts.

    Raises:
        ValueError: a vector is not of unit length.
    """
    embeddings = embedder.embed(texts)
    if not np.allclose(np.linalg.norm(embeddings.vectors, axis=1), 1, atol=1e-3):
        raise ValueError("the model gave a vector that is not of unit length")
    return embeddings


def isolate[T](items: Sequence[T], attempt: Callable[[Sequence[T]], object]) -> list[tuple[T, str]]:
    """Try all items at once, halve what fails, and return the single items that fail with the reason.

    Raises:
        WorldError: the world failed, not an item: halving would not help.
    """
    if not items:
        return []
    try:
        attempt(items)
    except (WorldError, MemoryError):
        raise
    except Exception as error:  # whatever a model or a store makes of one text must not cost the others their place
        if len(items) == 1:
            return [(items[0], f"{type(error).__name__}: {error}")]
        middle = len(items) // 2
        return isolate(items[:middle], attempt) + isolate(items[middle:], attempt)
    return []


def _joined(parts: Sequence[Embeddings]) -> Embeddings:
    return Embeddings(
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.num_tokens for part in parts]),
        np.concatenate([part.truncated for part in parts]),
    )
