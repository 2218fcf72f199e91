"""Make every run one that can be repeated.

src/seedbed/tracking/__init__.py - v0.1.0

```mermaid
flowchart LR
    run --> seeds & provenance
    run --> ports
    adapters --> ports
```
"""
