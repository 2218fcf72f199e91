"""Find what the corpus no longer has, and what must stay all the same.

src/seedbed/indexing/stale.py - v0.1.0

A record that is broken now may be a document that was whole before: what cannot be told apart is not deleted.

```mermaid
flowchart LR
    find_stale --> Ledger & Stale
    find_stale --> Reading
```
"""

from dataclasses import dataclass

from seedbed.indexing.config import IndexingConfig
from seedbed.indexing.ledger import Ledger
from seedbed.indexing.reading import Reading


@dataclass(frozen=True, slots=True)
class Stale:
    """What a complete reading leaves to delete."""

    point_ids: list[str]
    num_documents_gone: int
    """Documents that lose their last point."""
    num_documents_kept: int
    """Documents that nobody saw, but that may be among the records that could not be read."""


def find_stale(
    collection: str, reading: Reading, failed: frozenset[str], ledger: Ledger, limits: IndexingConfig
) -> Stale:
    """Return what of a collection the reading did not meet.

    `failed` are documents that the corpus has and that could not be stored: all their points stay.
    """
    stale = ledger.stale(collection, keep_documents=failed)
    gone = ledger.vanished(collection, list(stale))
    unsure = gone if reading.num_nameless and not limits.allow_shrink else gone & reading.rejected
    ids = [point_id for document, points in stale.items() if document not in unsure for point_id in points]
    return Stale(ids, len(gone - unsure), len(unsure))
