"""Measure how well a store answers.

src/seedbed/retrieval/__init__.py - v0.1.0

```mermaid
flowchart LR
    evaluate --> judgments & metrics
    per_query --> evaluate
    compare --> per_query & bootstrap
```
"""
