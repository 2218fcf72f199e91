"""Turn text into unit vectors.

src/seedbed/embedding/__init__.py - v0.1.0

```mermaid
flowchart LR
    adapters --> ports
    ports --> fingerprint
```
"""
