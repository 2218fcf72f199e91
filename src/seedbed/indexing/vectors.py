"""Find vectors that were made before, so that no text is embedded twice.

src/seedbed/indexing/vectors.py - v0.1.0

Content-addressed Parquet files are written before any store gets a vector; the ledger knows which row is whose.

```mermaid
classDiagram
    VectorCache ..> Ledger : notes in
    VectorCache ..> Encoded : notes
    VectorCache ..> read_vectors : calls
```
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

from seedbed.embedding.ports import Embeddings
from seedbed.errors import WorldError
from seedbed.indexing.encode import Encoded
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.vector_file import DamagedError, read_vectors, write_vectors

logger = logging.getLogger(__name__)

type Vectors = dict[str, npt.NDArray[np.float32]]


@final
class VectorCache:
    """Vectors by key; belongs to the thread of its ledger."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder = folder
        self._ledger = ledger
        self.num_embedded = 0

    def find(self, keys: Sequence[str]) -> Vectors:
        """Return the vectors that are there, each of shape (d,); a damaged file counts as not there."""
        wanted: dict[str, dict[str, int]] = {}
        for key, (file, row) in self._ledger.vectors(keys).items():
            wanted.setdefault(file, {})[key] = row
        found: Vectors = {}
        for file, rows in wanted.items():
            try:
                matrix = read_vectors(self.folder / file, rows)
            except DamagedError as error:
                logger.warning("vector_file_lost", extra={"file": file, "reason": str(error)})
                self._ledger.drop_vectors(file)
            else:
                found.update((key, matrix[row]) for key, row in rows.items())
        return found

    def note(self, encoded: Encoded) -> Vectors:
        """Let vectors that are on disk be found from now on, and return them."""
        if encoded.file is None:
            return {}
        self._ledger.add_vectors(encoded.file, encoded.keys, encoded.truncated)
        self.num_embedded += len(encoded.keys)
        if encoded.vectors is None:
            found = self.find(encoded.keys)
            if len(found) < len(encoded.keys):
                raise WorldError(
                    f"a worker has written {encoded.file}, and it cannot be read in {self.folder}; "
                    "all workers and this process need that folder under the same path: a shared file system"
                )
            return found
        return dict(zip(encoded.keys, encoded.vectors, strict=True))

    def keep(self, encoder: str, keys: Sequence[str], embeddings: Embeddings) -> None:
        """Put vectors on disk and let them be found.

        Raises:
            WorldError: they cannot be written.
        """
        self._ledger.add_vectors(
            write_vectors(self.folder, encoder, keys, embeddings), keys, embeddings.truncated.tolist()
        )
        self.num_embedded += len(keys)
