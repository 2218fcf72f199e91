"""Bring a store up to date with a corpus.

src/seedbed/indexing/__init__.py - v0.1.0

```mermaid
flowchart LR
    index --> reading & plan & shard & search & exact
    index --> preview & verify & switch
    shard --> workers --> encode
    shard --> vectors & ledger & dead_letter
```
"""
