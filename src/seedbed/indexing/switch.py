"""Let searches see another collection, and only one that answers well.

src/seedbed/indexing/switch.py - v0.1.0

```mermaid
flowchart LR
    check_recall --> Collection & Ledger & VectorCache
    roll_back --> Ledger & VectorStore
```
"""

import logging
from itertools import batched

import numpy as np

from seedbed.errors import UserError, WorldError
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.vectors import VectorCache
from seedbed.stores.ports import Collection, VectorStore

logger = logging.getLogger(__name__)

MIN_RECALL = 0.95
_K = 10
_SAMPLE = 50
_SEED = 20_260_101
_FEWEST = 100
"""Below this many points a store looks at all of them."""
_MOST = 2_000_000
"""Above this many points, reading every vector takes longer than looking at a sample is worth."""
_BATCH = 16_384
_SAME_SCORE = 1e-5


def check_recall(name: str, collection: Collection, ledger: Ledger, cache: VectorCache) -> None:
    """Compare the store's answers to a seeded sample of its own vectors with exact ones, read from disk.

    Raises:
        WorldError: it finds less than MIN_RECALL of the true neighbours, or vectors are missing on disk.
    """
    rows = [(point_id, key) for point_id, _, key in ledger.confirmed(name)]
    if not _FEWEST <= len(rows) <= _MOST:
        logger.info("recall_not_checked", extra={"collection": name, "num_points": len(rows)})
        return
    recall = _recall(collection, rows, ledger, cache)
    logger.info("recall_checked", extra={"collection": name, "recall": recall, "num_points": len(rows)})
    if recall < MIN_RECALL:
        raise WorldError(
            f"collection {name!r} finds {recall:.3f} of the true {_K} nearest, at least {MIN_RECALL:g} is asked; "
            "searches stay with the collection they have, this one was dropped. Next: seedbed index"
        )


def roll_back(name: str, place: str, store: VectorStore, ledger: Ledger) -> tuple[str, str]:
    """Let searches see the collection they saw before; return (that one, the one they leave).

    Raises:
        UserError: there is no such collection, or it lies in another store.
    """
    with ledger.owned(name):
        current, previous = ledger.target(name)
        if current is None or previous is None:
            raise UserError(f"index {name!r} has no earlier collection to go back to. Next: seedbed index --plan")
        if (other := ledger.config(previous)["store"]) != place:
            raise UserError(
                f"the earlier collection {previous!r} lies in the store {other!r}, the settings name {place!r}. "
                f"Example: SEEDBED_STORE__KIND={other.split(' ')[0]} seedbed index --rollback"
            )
        if previous not in store.names():
            raise UserError(
                f"the earlier collection {previous!r} is no longer in the store; set the model that filled it and "
                "fill it again from the vectors on disk: seedbed index"
            )
        ledger.swap(name)
        return previous, current


def _recall(collection: Collection, rows: list[tuple[str, str]], ledger: Ledger, cache: VectorCache) -> float:
    """Count a hit when its true score reaches the k-th best: equal texts may stand in for each other."""
    places = ledger.vectors([key for _, key in rows])
    if lost := sum(key not in places for _, key in rows):
        raise WorldError(f"{lost} of {len(rows)} vectors are missing on disk. Next: seedbed index")
    sample = np.random.default_rng(_SEED).choice(len(rows), min(_SAMPLE, len(rows)), replace=False)
    keys = [rows[i][1] for i in sample]
    found = cache.find(keys)
    queries = np.stack([found[key] for key in keys])
    asked: dict[str, list[tuple[int, int]]] = {}
    for row, hits in enumerate(collection.search(queries, _K)):
        for rank, hit in enumerate(hits):
            asked.setdefault(hit.id, []).append((row, rank))
    best = np.full((len(queries), _K), -np.inf, np.float32)
    score = np.full_like(best, -np.inf)
    for some in batched(sorted(rows, key=lambda row: places[row[1]]), _BATCH):  # file by file: each is read once
        vectors = cache.find([key for _, key in some])
        scores = queries @ np.stack([vectors[key] for _, key in some]).T
        best = np.sort(np.concatenate([best, scores], axis=1), axis=1)[:, -_K:]
        for column, (point_id, _) in enumerate(some):
            for row, rank in asked.get(point_id, ()):
                score[row, rank] = scores[row, column]
    return float(np.mean(score >= best[:, :1] - _SAME_SCORE))
