"""Make a recorded run again, and say what differs.

src/seedbed/experiments/reproduction/__init__.py - v0.1.0

```mermaid
flowchart LR
    evidence --> difference
    checkout & placing & interpreter --> evidence
    rerun --> evidence
    verdict --> differences --> evidence
```
"""
