"""Find the neighbours of a vector.

src/seedbed/stores/__init__.py - v0.1.0

```mermaid
flowchart LR
    adapters --> ports
    ports --> point
```
"""
