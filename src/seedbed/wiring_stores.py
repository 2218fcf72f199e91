"""Turn a store's configuration into the vector database that it names.

src/seedbed/wiring_stores.py - v0.1.0

```mermaid
flowchart LR
    store --> VectorStore
    store --> StoreConfig
```
"""

from pathlib import Path

from seedbed.stores.config import STORES, StoreConfig
from seedbed.stores.ports import VectorStore


def store(config: StoreConfig, home: Path) -> VectorStore:
    """Return the configured vector database."""
    match config.kind:
        case "chroma":
            from seedbed.stores.adapters.chroma import ChromaStore

            return ChromaStore(config, config.path or home / "chroma")
        case "qdrant":
            from seedbed.stores.adapters.qdrant import QdrantStore

            return QdrantStore(config, config.path or home / "qdrant")
        case declared:
            return STORES.make(declared, VectorStore, config, config.path or home / "stores" / declared)
