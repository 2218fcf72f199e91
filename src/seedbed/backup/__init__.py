"""Put the local state into one file, and get it back.

src/seedbed/backup/__init__.py - v0.1.0

```mermaid
flowchart LR
    create --> snapshot & archive & elsewhere
    restore --> archive
    archive --> manifest
```
"""
