"""Build Qdrant's neighbour graph once, after a bulk load, and wait for it.

src/seedbed/stores/adapters/qdrant_building.py - v0.1.0

A graph that grows with every batch is built many times over. A load that was killed leaves the threshold at DEFERRED,
which is how the next run knows that building was never started.

```mermaid
flowchart LR
    DEFERRED
    finish_building --> QdrantClient
    finish_building --> WorldError
```
"""

import logging
import time

from qdrant_client import QdrantClient
from qdrant_client import models as q

from seedbed.errors import WorldError

logger = logging.getLogger(__name__)

DEFERRED = 0
"""The indexing threshold at which Qdrant builds nothing."""
_THRESHOLD_KB = 10_000  # Qdrant's own default
_LONGEST_STILL_S = 600.0
"""How long the number of indexed vectors may stay the same: the graph of one segment may take minutes."""
_PAUSES_S = (0.05, 2.0)
_LOG_EVERY_S = 15.0


def finish_building(client: QdrantClient, name: str) -> None:
    """Start building where it was deferred or never triggered, and return once the collection is green.

    Raises:
        WorldError: Qdrant reports an error, or nothing has moved for long.
    """
    info = client.get_collection(name)
    threshold = info.config.optimizer_config.indexing_threshold
    if threshold == DEFERRED or info.status == q.CollectionStatus.GREY:  # grey waits for any update, after a restart
        diff = q.OptimizersConfigDiff(indexing_threshold=threshold or _THRESHOLD_KB)
        client.update_collection(name, optimizers_config=diff)
        info = client.get_collection(name)
    indexed, pause_s = info.indexed_vectors_count, _PAUSES_S[0]
    moved = logged = time.monotonic()
    while not _is_green(name, info):
        now = time.monotonic()
        if now - moved > _LONGEST_STILL_S:
            raise WorldError(
                f"collection {name!r} is {info.status} and its index has not grown for {_LONGEST_STILL_S:.0f} s; it is "
                f"built in the background, look at {name!r} in Qdrant, then go on: seedbed index"
            )
        if now - logged > _LOG_EVERY_S:
            logged = now
            counts = {"num_indexed": info.indexed_vectors_count, "num_points": info.points_count}
            logger.info("store_index_building", extra={"collection": name, **counts})
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _PAUSES_S[1])
        info = client.get_collection(name)
        if info.indexed_vectors_count != indexed:
            indexed, moved = info.indexed_vectors_count, time.monotonic()


def _is_green(name: str, info: q.CollectionInfo) -> bool:
    if info.optimizer_status != q.OptimizersStatusOneOf.OK or info.status == q.CollectionStatus.RED:
        reason = getattr(info.optimizer_status, "error", info.status)
        raise WorldError(f"collection {name!r} cannot be indexed by Qdrant: {reason}; mend it, then: seedbed index")
    return info.status == q.CollectionStatus.GREEN
