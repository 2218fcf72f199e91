"""Define experiments, run them.

src/seedbed/experiments/__init__.py - v0.1.0

```mermaid
flowchart LR
    run --> define --> discover & load_file
    overrides --> fields
```
"""
