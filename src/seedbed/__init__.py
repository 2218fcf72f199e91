"""Let every result be asked where it came from, run again from its id, and served.

src/seedbed/__init__.py - v0.1.0

```mermaid
flowchart LR
    cli --> wiring
    wiring --> experiments
    experiments --> indexing & retrieval
    indexing & retrieval --> tracking & corpora & embedding & stores
```
"""
