"""Say what an indexing run would do.

src/seedbed/indexing/preview.py - v0.1.0

It asks the ledger, not the store: nothing is connected to, made or written.

```mermaid
flowchart LR
    preview --> Reading & Ledger & shrink_refusal
    preview --> IndexPlan
```
"""

from seedbed.indexing.config import IndexConfig
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.plan import changed, shrink_refusal
from seedbed.indexing.reading import Reading
from seedbed.indexing.report import IndexPlan
from seedbed.indexing.stale import find_stale
from seedbed.progress import Progress


def preview(
    config: IndexConfig, collection: str, reading: Reading, ledger: Ledger, progress: Progress | None = None
) -> IndexPlan:
    """Return what bringing `collection` up to date would do and cost; memory grows with the texts to embed alone."""
    num_before = ledger.num_documents(collection)
    num_chunks = num_new = num_changed = num_characters = 0
    to_embed: set[str] = set()
    ledger.begin_pass()
    for batch in reading.batches(progress):
        ids = [chunk.point_id for chunk in batch]
        stored = ledger.stored(collection, ids)
        ledger.see(ids)
        waiting = changed(batch, stored)
        num_chunks += len(batch)
        num_changed += sum(chunk.point_id in stored for chunk in waiting)
        num_new += sum(chunk.point_id not in stored for chunk in waiting)
        there = ledger.vectors([chunk.vector_key for chunk in waiting])
        for chunk in waiting:
            if chunk.vector_key not in there and chunk.vector_key not in to_embed:
                to_embed.add(chunk.vector_key)
                num_characters += len(chunk.text)
    stale = find_stale(collection, reading, frozenset(), ledger, config.indexing)
    current, _ = ledger.target(config.name)
    rate = ledger.rate(reading.encoder)
    return IndexPlan(
        name=config.name,
        collection=collection,
        replaces=current if current != collection else None,
        num_documents=reading.num_documents,
        num_rejected=reading.num_rejected,
        num_new=num_new,
        num_changed=num_changed,
        num_unchanged=reading.num_chunks_uncut + num_chunks - num_new - num_changed,
        num_to_embed=len(to_embed),
        num_characters=num_characters,
        num_to_delete=len(stale.point_ids),
        num_documents_gone=stale.num_documents_gone,
        num_documents_kept=stale.num_documents_kept,
        refusal=shrink_refusal(config.name, stale.num_documents_gone, num_before, config.indexing),
        embedding_s=num_characters / rate if rate else None,
    )
