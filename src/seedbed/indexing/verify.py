"""Make a store hold what the ledger says it holds.

src/seedbed/indexing/verify.py - v0.1.0

```mermaid
flowchart LR
    compare --> Collection & Ledger
    compare --> Damage --> repair
    repair --> shards & VerifyReport
```
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from seedbed.indexing.chunks import Chunk
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import Shard, shards
from seedbed.indexing.report import ShardReport
from seedbed.stores.ports import Collection


class VerifyReport(BaseModel):
    """What was wrong with a collection, and what is right again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collection: str
    num_points: int
    """Points that the ledger knows and the store has now."""
    num_missing: int
    num_differing: int
    num_foreign: int
    """Points that the ledger had never heard of; they were removed."""
    num_repaired: int
    """Missing and differing points that were sent again."""
    num_left: int
    """Points whose text the corpus no longer has; the next run of `seedbed index` deletes or replaces them."""


@dataclass(frozen=True, slots=True)
class Damage:
    """How a collection differs from the ledger; memory grows with the difference, not with the collection."""

    missing: dict[str, str] = field(default_factory=dict)
    """Confirmed points that the store lacks: id → content digest that it should have."""
    differing: dict[str, str] = field(default_factory=dict)
    """Confirmed points that the store has with another content: id → content digest that it should have."""
    foreign: list[str] = field(default_factory=list)
    """Points that the ledger has never heard of."""

    @property
    def wanted(self) -> dict[str, str]:
        """Points that have to be sent again."""
        return self.missing | self.differing


def compare(name: str, collection: Collection, ledger: Ledger) -> Damage:
    """Read every point of a collection once and return what is wrong; points on their way are neither right nor wrong.

    What a point holds is taken from the digest in its payload.
    """
    damage = Damage()
    ledger.begin_pass()
    for batch in collection.scan("content_digest"):
        ids = [point_id for point_id, _ in batch]
        ledger.see(ids)
        known = ledger.known(name, ids)
        for point_id, found in batch:
            expected, stored = known.get(point_id, (None, False))
            if expected is None:
                damage.foreign.append(point_id)
            elif stored and found != expected:
                damage.differing[point_id] = expected
    damage.missing.update(ledger.missing(name))
    return damage


def repair(
    name: str,
    damage: Damage,
    collection: Collection,
    ledger: Ledger,
    batches: Iterable[Sequence[Chunk]],
    shard_chunks: int,
    run_shard: Callable[[Shard], ShardReport],
) -> VerifyReport:
    """Remove what is foreign and send again, from the vectors on disk, what the corpus still says as it did."""
    wanted = damage.wanted
    ledger.doubt(name, list(wanted))
    collection.delete(damage.foreign)
    num_repaired = 0
    if wanted:  # else the corpus need not be read
        same = ([chunk for chunk in batch if wanted.get(chunk.point_id) == chunk.content_digest] for batch in batches)
        for shard in shards(same, lambda ids: ledger.stored(name, ids), shard_chunks):
            num_repaired += run_shard(shard).num_upserted
        collection.settle()
    return VerifyReport(
        collection=name,
        num_points=ledger.count(name)[1],
        num_missing=len(damage.missing),
        num_differing=len(damage.differing),
        num_foreign=len(damage.foreign),
        num_repaired=num_repaired,
        num_left=len(wanted) - num_repaired,
    )
