"""Use case: train a NER model, measure it, and decide whether it is served.

src/seedbed/recognition/__init__.py - v0.1.0

```mermaid
flowchart LR
    train --> evaluate & behaviour & promotion
    evaluate --> report
    behaviour --> behaviour_page
```
"""
