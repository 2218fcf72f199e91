"""Decide what a store needs, without touching it.

src/seedbed/indexing/plan.py - v0.1.0

```mermaid
flowchart LR
    shards --> changed
    shards --> Shard
    shrink_refusal --> IndexingConfig
```
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seedbed.indexing.chunks import Chunk
from seedbed.indexing.config import IndexingConfig


@dataclass(frozen=True, slots=True)
class Shard:
    """Chunks that are embedded, written and committed together."""

    number: int
    chunks: tuple[Chunk, ...]


def changed(chunks: Sequence[Chunk], stored: Mapping[str, str]) -> list[Chunk]:
    """Return the chunks that the store lacks or has otherwise; `stored` maps point id to content digest."""
    return [chunk for chunk in chunks if stored.get(chunk.point_id) != chunk.content_digest]


def shards(
    batches: Iterable[Sequence[Chunk]], stored: Callable[[Sequence[str]], Mapping[str, str]], size: int
) -> Iterator[Shard]:
    """Yield the changed chunks of a stream in shards of `size`; `stored` looks point ids up in the ledger."""
    waiting: list[Chunk] = []
    number = 0
    for batch in batches:
        waiting += changed(batch, stored([chunk.point_id for chunk in batch]))
        while len(waiting) >= size:
            yield Shard(number, tuple(waiting[:size]))
            del waiting[:size]
            number += 1
    if waiting:
        yield Shard(number, tuple(waiting))


def shrink_refusal(name: str, num_gone: int, num_before: int, limits: IndexingConfig) -> str | None:
    """Return why a run may not delete what the corpus lost, or None if it may."""
    if num_gone <= limits.max_shrink * num_before or limits.allow_shrink:
        return None
    return (
        f"{num_gone} of {num_before} documents of index {name!r} are no longer in the corpus, "
        f"more than the share of {limits.max_shrink:g} that may go; nothing was deleted. "
        "If that is right: seedbed index --allow-shrink"
    )
