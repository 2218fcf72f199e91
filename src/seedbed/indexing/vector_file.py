"""Put vectors into Parquet files that are complete or not there.

src/seedbed/indexing/vector_file.py - v0.1.0

A file is named after its encoder and its keys, so writing it again, here or elsewhere, changes nothing.

```mermaid
flowchart LR
    write_vectors --> Embeddings
    write_vectors --> WorldError
    read_vectors --> DamagedError & WorldError
```
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from seedbed.digests import digest_of
from seedbed.embedding.ports import Embeddings
from seedbed.errors import WorldError


class DamagedError(Exception):
    """A file is gone, is no whole file of vectors, or does not hold the keys that it should; its text says which."""


def write_vectors(folder: Path, encoder: str, keys: Sequence[str], embeddings: Embeddings) -> str:
    """Write one row per key and return the file's path below `folder`; it is on disk when this returns.

    Raises:
        WorldError: the disk refuses it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = f"{encoder}/{digest_of(*keys)}.parquet"
    target = folder / file
    vectors = pa.FixedSizeListArray.from_arrays(embeddings.vectors.ravel(), embeddings.vectors.shape[1])
    table = pa.table(
        {
            "key": pa.array(keys),
            "vector": vectors,
            "num_tokens": pa.array(embeddings.num_tokens),
            "truncated": pa.array(embeddings.truncated),
        }
    )
    partial = target.with_suffix(f".{uuid4().hex}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as sink:
            # Numbers without repetition: a dictionary makes the file half as large again, and takes ten times as long.
            pq.write_table(table, sink, use_dictionary=False, compression="none", write_page_checksum=True)
            sink.flush()
            os.fsync(sink.fileno())
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):  # where it could not be made it cannot be removed
            partial.unlink()
        raise WorldError(f"cannot write vectors to {target}: {error}; free or mend the disk, then run again") from error
    return file


def read_vectors(path: Path, rows: Mapping[str, int]) -> npt.NDArray[np.float32]:
    """Return all vectors of a file, (n, d), after checking that `rows` says right which key is where.

    Raises:
        DamagedError: what is there is of no use.
        WorldError: what is there cannot be read now.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=["key", "vector"], page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        # Arrow tells of a wrong checksum as an OSError too, but of one without a number.
        if isinstance(error, OSError) and error.errno and not isinstance(error, FileNotFoundError):
            raise WorldError(f"cannot read vectors from {path}: {error}; mend the disk, then run again") from error
        raise DamagedError(str(error)) from error
    keys = table.column("key").to_pylist()
    if any(row >= len(keys) or keys[row] != key for key, row in rows.items()):
        raise DamagedError("its rows are not those of the ledger")
    flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(flat, dtype=np.float32).reshape(len(keys), -1)
