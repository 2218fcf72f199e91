"""Offer all of it on the command line.

src/seedbed/cli/__init__.py - v0.1.0

```mermaid
flowchart LR
    app --> commands
```
"""
