"""Define experiments, run them, repeat and sweep them, compare and report what came out.

src/seedbed/experiments/__init__.py - v0.1.0

```mermaid
flowchart LR
    run --> define --> discover & load_file
    overrides --> fields
    repeat & sweep --> group --> children & search
    plan --> space
    compare --> differences & paired --> spread
    report --> bounds
```
"""
