"""Compare a Ray cluster of two nodes on this machine with one process on the same cores.

benchmarks/workers.py - v0.1.0

Run it: python benchmarks/workers.py [--documents 50000] [--corpus FILE.jsonl]
Starting the cluster does not count, loading the model does. Both fill an embedded Chroma from nothing.

```mermaid
flowchart LR
    main --> filled --> open_index
    main --> two_nodes --> Cluster
    main --> furthest
```
"""

import argparse
import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray.cluster_utils import Cluster

from benchmarks._data import DATA
from benchmarks._verdict import NOT_MEASURED
from seedbed.hardware import measure
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.vectors import VectorCache
from seedbed.settings import load_settings
from seedbed.wiring import index_config, open_index

BAR, CLOSE = 1.2, 0.9999
SAMPLE = 5_000

type Rows = npt.NDArray[np.float32]


@contextmanager
def two_nodes() -> Iterator[None]:
    """Run two nodes that share the cores of this machine, and join them."""
    cores = max(1, measure().num_usable_cores // 2)
    node = {"num_cpus": cores, "object_store_memory": 200 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    try:
        cluster.add_node(num_cpus=cores, object_store_memory=200 << 20)
        ray.init(address=cluster.address, configure_logging=False, log_to_driver=False)
        yield
        ray.shutdown()
    finally:
        cast(Any, cluster).shutdown()


def filled(home: Path, corpus: Path, workers: str) -> tuple[float, int, dict[str, str]]:
    """Index a corpus from nothing; return the seconds, the number of documents, and what each point holds."""
    given = {"home": str(home), "corpus.kind": "jsonl", "corpus.path": str(corpus), "indexing.workers": workers}
    settings = load_settings({}, home, given)
    started = time.perf_counter()
    with open_index(index_config(settings), settings.home) as index:
        report = index.bring_up_to_date()
        seconds = time.perf_counter() - started
        points = dict(itertools.chain(*index._collection.scan("content_digest")))
    return seconds, report.num_documents, {point: str(digest) for point, digest in points.items()}


def vectors_of(home: Path) -> dict[str, Rows]:
    """Return a sample of the vectors on disk by key, the same keys for the same corpus."""
    with Ledger(home / "ledger.db") as ledger:
        _, collection = ledger.resolve(None)
        keys = sorted({key for _, _, key in ledger.confirmed(collection)})
        chosen = np.random.default_rng(7).permutation(len(keys))[:SAMPLE]
        return VectorCache(home / "vectors", ledger).find([keys[row] for row in chosen])


def furthest(one: dict[str, Rows], other: dict[str, Rows]) -> float:
    """Return the least cosine between vectors of the same key; -1 where the keys are not the same."""
    return min((float(one[key] @ other[key]) for key in one), default=-1.0) if one.keys() == other.keys() else -1.0


def main() -> int:
    """Print both times, their ratio and how equal the content is; 0 where both bars are met."""
    parser = argparse.ArgumentParser(prog="python benchmarks/workers.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--corpus", type=Path, default=DATA / "throughput" / "clean_short.jsonl")
    chosen = parser.parse_args()
    if not chosen.corpus.is_file():
        print(f"{chosen.corpus} is not here; name a JSONL file of short texts with --corpus")
        return NOT_MEASURED
    with tempfile.TemporaryDirectory() as folder:
        home, corpus = Path(folder), Path(folder, "corpus.jsonl")
        with chosen.corpus.open() as lines, corpus.open("w") as kept:
            kept.writelines(itertools.islice(lines, chosen.documents))
        few = Path(folder, "few.jsonl")
        with corpus.open() as lines:
            few.write_text("".join(itertools.islice(lines, 500)))
        filled(home / "first", few, "thread")  # what is slow once in a process is not counted
        homes = home / "one", home / "ray"
        one_s, num_documents, one = filled(homes[0], corpus, "thread")
        with two_nodes():
            ray_s, _, other = filled(homes[1], corpus, "ray")
        cosine = furthest(vectors_of(homes[0]), vectors_of(homes[1]))
    print(f"{num_documents:,} documents, {measure().num_usable_cores} cores")
    print(f"one process       {one_s:8.1f} s   {num_documents / one_s:8,.0f} documents/s")
    print(f"Ray, two nodes    {ray_s:8.1f} s   {num_documents / ray_s:8,.0f} documents/s")
    print(f"Ray / one process {ray_s / one_s:8.2f} x   (bar: at most {BAR:g})")
    print(f"content equal: {one == other}; least cosine of up to {SAMPLE:,} vectors: {cosine:.6f}   (bar: {CLOSE})")
    return 0 if ray_s <= BAR * one_s and one == other and cosine >= CLOSE else 1


if __name__ == "__main__":
    raise SystemExit(main())
