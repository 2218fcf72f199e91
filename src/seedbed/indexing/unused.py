"""Find collections that no search sees any more, and let them go.

src/seedbed/indexing/unused.py - v0.1.0

A collection stays while it is what searches see, or what they would go back to.

```mermaid
flowchart LR
    unused_collections --> Ledger & Unused
    drop_unused --> Ledger & VectorStore
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.indexing.ledger import Ledger
from seedbed.stores.ports import VectorStore


@dataclass(frozen=True, slots=True)
class Unused:
    """A collection that can go, and the vector files that nothing else needs."""

    collection: str
    alias: str
    files: Sequence[str]
    num_bytes: int


def unused_collections(ledger: Ledger, place: str, vectors: Path) -> list[Unused]:
    """Return the collections of the store at `place` that are neither seen by searches nor their way back."""
    found = []
    for collection, alias in ledger.superseded():
        if ledger.config(collection)["store"] == place:
            files = ledger.files_of_only(collection)
            sizes = (path.stat().st_size for file in files if (path := vectors / file).exists())
            found.append(Unused(collection, alias, files, sum(sizes)))
    return found


def drop_unused(unused: Unused, ledger: Ledger, store: VectorStore, vectors: Path) -> None:
    """Remove a collection from store and ledger, then its vector files; an index that is written now is left alone.

    Raises:
        WorldError: another process writes the index, or keeps the store.
    """
    with ledger.owned(unused.alias):
        if (unused.collection, unused.alias) not in ledger.superseded():
            return
        store.drop(unused.collection)
        ledger.drop(unused.collection)
        for file in unused.files:
            ledger.drop_vectors(file)
            (vectors / file).unlink(missing_ok=True)
