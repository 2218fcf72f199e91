"""Choose what runs, in which order: no mechanism here.

pipelines/__init__.py - v0.1.0

```mermaid
flowchart LR
    embed_corpus --> seedbed
    experiments --> seedbed
    recognize_entities --> seedbed
```
"""
