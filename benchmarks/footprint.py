"""Weigh what an index keeps for each chunk beside its store: the ledger's rows and the vectors on disk.

benchmarks/footprint.py - v0.1.0

Run it: python benchmarks/footprint.py [--points 100000]; docs/scale.md calculates with what it prints.

```mermaid
flowchart LR
    main --> Ledger & write_vectors
```
"""

import argparse
import tempfile
from pathlib import Path
from uuid import UUID

import numpy as np

from seedbed.digests import digest_of
from seedbed.embedding.ports import Embeddings
from seedbed.indexing.chunks import Chunk
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.vector_file import write_vectors

DIMENSION, SHARD, BAR = 384, 512, 1.1


def main() -> int:
    """Print bytes per chunk; 0 where the vectors on disk take little more than their numbers."""
    parser = argparse.ArgumentParser(prog="python benchmarks/footprint.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--points", type=int, default=100_000)
    num = parser.parse_args().points
    rng = np.random.default_rng(7)
    num_vector_bytes = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.db")
        with Ledger(path) as ledger:
            for start in range(0, num, SHARD):
                numbers = range(start, min(start + SHARD, num))
                keys = [digest_of(str(number)) for number in numbers]
                rows = rng.standard_normal((len(keys), DIMENSION), dtype=np.float32)
                lengths = np.full(len(keys), 50, np.int32)
                file = write_vectors(Path(folder), "e" * 32, keys, Embeddings(rows, lengths, lengths > 99))
                num_vector_bytes += Path(folder, file).stat().st_size
                ledger.add_vectors(file, keys, [False] * len(keys))
                chunks = [
                    Chunk(str(UUID(bytes=rng.bytes(16))), f"document-{number}", "", key, {}, key)
                    for number, key in zip(numbers, keys, strict=True)
                ]
                ledger.expect("documents--01234567", chunks)
                ledger.confirm("documents--01234567", [chunk.point_id for chunk in chunks])
        num_ledger_bytes = path.stat().st_size
    ratio = num_vector_bytes / (num * DIMENSION * 4)
    print(f"{num:,} chunks of {DIMENSION} numbers, {SHARD} a file")
    print(f"ledger, SQLite       {num_ledger_bytes / num:8.0f} bytes a chunk")
    print(f"vectors, Parquet     {num_vector_bytes / num:8.0f} bytes a chunk")
    print(f"Parquet / numbers    {ratio:8.3f} x   (bar: at most {BAR:g})")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main())
