"""Compare the embedded Chroma, as this project sets it up, with the bare chromadb client.

benchmarks/stores.py - v0.1.0

Run it: python benchmarks/stores.py [--points 5000]
Same seeded, clustered vectors, same graph; the bare client searches with ef_search 200 and writes whatever it is given.

```mermaid
flowchart LR
    main --> clustered & neighbours & Bare & Ours
    Bare --> chromadb
    Ours --> store
```
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final
from uuid import UUID

import chromadb
import numpy as np
import numpy.typing as npt
from chromadb.config import Settings

from seedbed.stores.config import StoreConfig
from seedbed.stores.point import CollectionSpec, Payload, Points
from seedbed.wiring import store

RECALL_BAR = 0.999
DIMENSION, K, NUM_QUERIES, BATCH, BARE_EF = 384, 100, 200, 1000, 200

type Rows = npt.NDArray[np.float32]


@final
class Ours:
    """A collection as an index opens it."""

    def __init__(self, folder: Path) -> None:
        self._collection = store(StoreConfig(path=folder), folder).open(CollectionSpec("bench--ours", DIMENSION))

    def upsert(self, ids: Sequence[str], vectors: Rows, payloads: Sequence[Payload]) -> None:
        """Write the points."""
        self._collection.upsert(Points(ids, vectors, payloads))

    def search(self, queries: Rows) -> list[list[str]]:
        """Return the ids of the K best of each query."""
        return [[hit.id for hit in hits] for hits in self._collection.search(queries, K)]


@final
class Bare:
    """The same graph, written and asked without anything of this project."""

    def __init__(self, folder: Path) -> None:
        client = chromadb.PersistentClient(folder, Settings(_env_file=None, anonymized_telemetry=False))
        graph: Any = {"space": "cosine", "max_neighbors": 16, "ef_construction": 200, "ef_search": BARE_EF}
        self._collection = client.create_collection("bench", configuration={"hnsw": graph}, embedding_function=None)

    def upsert(self, ids: Sequence[str], vectors: Rows, payloads: Sequence[Payload]) -> None:
        """Write the points."""
        given: Any = list(payloads)
        self._collection.upsert(list(ids), vectors, given)

    def search(self, queries: Rows) -> list[list[str]]:
        """Return the ids of the K best of each query."""
        return self._collection.query(query_embeddings=queries, n_results=K, include=["distances", "metadatas"])["ids"]


def clustered(num: int, rng: np.random.Generator, centres: Rows) -> Rows:
    """Return (num, d) unit rows, each near one of the centres."""
    near = centres[rng.integers(len(centres), size=num)]
    rows = near + 0.05 * rng.standard_normal((num, centres.shape[1]), dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def neighbours(queries: Rows, vectors: Rows, ids: Sequence[str]) -> list[set[str]]:
    """Return the ids of the K true neighbours of each query, by comparing with every vector."""
    best = np.argpartition(-(queries @ vectors.T), K, axis=1)[:, :K]
    return [{ids[row] for row in rows} for rows in best]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print rates, recall and times of both with their ratios; 0 where the bar is met."""
    parser = argparse.ArgumentParser(prog="python benchmarks/stores.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--points", type=int, default=5000, help="how many vectors; a tenth of them are changed later")
    num = parser.parse_args(arguments).points
    rng = np.random.default_rng(7)
    centres = rng.standard_normal((max(1, num // 100), DIMENSION), dtype=np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    vectors, queries = clustered(num, rng, centres), clustered(NUM_QUERIES, rng, centres)
    ids = [str(UUID(int=number + 1, version=4)) for number in range(num)]
    payloads: list[Payload] = [{"document_id": str(number), "text": f"text {number}"} for number in range(num)]
    changed = clustered(num // 10, rng, centres)
    with tempfile.TemporaryDirectory() as folder:
        both = Ours(Path(folder, "ours")), Bare(Path(folder, "bare"))
        print(f"{num:,} x {DIMENSION}, {len(centres)} clusters\n{'':26}{'ours':>10}{'bare':>10}{'ours / bare':>13}")
        for name, rows in (("new", vectors), ("equal", vectors), ("changed", changed)):
            rates = [_rate(side, ids, rows, payloads) for side in both]
            print(f"{name + ' points, 1/s':26}{rates[0]:10,.0f}{rates[1]:10,.0f}{rates[0] / rates[1]:13.2f}")
        vectors[: len(changed)] = changed
        truth = neighbours(queries, vectors, ids)
        answers = [_asked(side, queries) for side in both]
    recalls = [sum(len(t & set(f)) for t, f in zip(truth, found, strict=True)) / len(truth) / K for found, _ in answers]
    times_ms = [seconds / NUM_QUERIES * 1000 for _, seconds in answers]
    print(f"{f'recall@{K}':26}{recalls[0]:10.4f}{recalls[1]:10.4f}{recalls[0] / recalls[1]:13.4f}   (bar {RECALL_BAR})")
    print(f"{'query, ms':26}{times_ms[0]:10.2f}{times_ms[1]:10.2f}{times_ms[0] / times_ms[1]:13.2f}")
    return 0 if recalls[0] >= RECALL_BAR else 1


def _rate(side: Ours | Bare, ids: Sequence[str], rows: Rows, payloads: Sequence[Payload]) -> float:
    """Return how many points a second are written."""
    started = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        part = slice(start, min(start + BATCH, len(rows)))
        side.upsert(ids[part], rows[part], payloads[part])
    return len(rows) / (time.perf_counter() - started)


def _asked(side: Ours | Bare, queries: Rows) -> tuple[list[list[str]], float]:
    """Return the answers and their seconds; a first question that opens the index does not count."""
    side.search(queries[:1])
    started = time.perf_counter()
    found = side.search(queries)
    return found, time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
