"""Start deployments somewhere else, and see what becomes of them.

src/seedbed/orchestration/__init__.py - v0.1.0

```mermaid
flowchart LR
    adapters --> ports
```
"""
