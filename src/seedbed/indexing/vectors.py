"""Keep vectors on disk, so that no text is embedded twice.

src/seedbed/indexing/vectors.py - v0.1.0

Content-addressed Parquet files are written before any store gets a vector; the ledger knows which row is whose.

```mermaid
classDiagram
    VectorCache ..> Embedder : calls
    VectorCache ..> Ledger : notes in
    VectorCache ..> Embeddings : keeps
```
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

from seedbed.digests import digest_of
from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.errors import WorldError
from seedbed.indexing.ledger import Ledger

logger = logging.getLogger(__name__)

type Vectors = dict[str, npt.NDArray[np.float32]]


@final
class VectorCache:
    """Vectors by key, over one encoder."""

    def __init__(self, folder: Path, ledger: Ledger, embedder: Embedder) -> None:
        self._folder = folder
        self._ledger = ledger
        self._embedder = embedder
        self.num_embedded = 0
        self._num_characters = 0
        self._seconds = 0.0

    @property
    def characters_per_s(self) -> float | None:
        """How fast texts became vectors, once that took a second; the first batch, which loads the model, apart."""
        return self._num_characters / self._seconds if self._seconds >= 1 else None

    def find(self, keys: Sequence[str]) -> Vectors:
        """Return the vectors that are there, each of shape (d,); a damaged file counts as not there."""
        wanted: dict[str, dict[str, int]] = {}
        for key, (file, row) in self._ledger.vectors(keys).items():
            wanted.setdefault(file, {})[key] = row
        found: Vectors = {}
        for file, rows in wanted.items():
            matrix = self._read(file, rows)
            found.update({key: matrix[row] for key, row in rows.items()} if matrix is not None else {})
        return found

    def embed(self, texts: Mapping[str, str]) -> Vectors:
        """Embed texts (by key), keep the vectors on disk and return them.

        Raises:
            ValueError: a vector is not of unit length; none of the batch is kept.
            WorldError: the vectors cannot be written.
        """
        if not texts:
            return {}
        keys = list(texts)
        started = time.perf_counter()
        embeddings = self._embedder.embed([texts[key] for key in keys])
        if self.num_embedded:
            self._seconds += time.perf_counter() - started
            self._num_characters += sum(map(len, texts.values()))
        if not np.allclose(np.linalg.norm(embeddings.vectors, axis=1), 1, atol=1e-3):
            raise ValueError("the model gave a vector that is not of unit length")
        self.num_embedded += len(keys)
        self._ledger.add_vectors(self._write(keys, embeddings), keys, embeddings.truncated.tolist())
        return dict(zip(keys, embeddings.vectors, strict=True))

    def _write(self, keys: Sequence[str], embeddings: Embeddings) -> str:
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = f"{self._embedder.fingerprint().digest}/{digest_of(*keys)}.parquet"
        target = self._folder / file
        vectors = pa.FixedSizeListArray.from_arrays(embeddings.vectors.ravel(), embeddings.vectors.shape[1])
        table = pa.table(
            {
                "key": pa.array(keys),
                "vector": vectors,
                "num_tokens": pa.array(embeddings.num_tokens),
                "truncated": pa.array(embeddings.truncated),
            }
        )
        partial = target.with_suffix(f".{os.getpid()}.partial")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as sink:
                pq.write_table(table, sink)
                sink.flush()
                os.fsync(sink.fileno())
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise WorldError(
                f"cannot write vectors to {target}: {error}; free or mend the disk, then run again"
            ) from error
        return file

    def _read(self, file: str, rows: Mapping[str, int]) -> npt.NDArray[np.float32] | None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(self._folder / file, columns=["key", "vector"])
        except (OSError, pa.ArrowException) as error:
            logger.warning("vector_file_lost", extra={"file": file, "reason": str(error)})
            self._ledger.drop_vectors(file)
            return None
        keys = table.column("key").to_pylist()
        if any(row >= len(keys) or keys[row] != key for key, row in rows.items()):
            logger.warning("vector_file_lost", extra={"file": file, "reason": "its rows are not those of the ledger"})
            self._ledger.drop_vectors(file)
            return None
        flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(flat, dtype=np.float32).reshape(len(keys), -1)
