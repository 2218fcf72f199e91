"""Stream documents in.

src/seedbed/corpora/__init__.py - v0.1.0

```mermaid
flowchart LR
    adapters --> ports
    ports --> document & judgment & chunk
```
"""
