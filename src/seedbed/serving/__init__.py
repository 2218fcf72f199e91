"""Run the language model that fits this machine, and talk to it.

src/seedbed/serving/__init__.py - v0.1.0

```mermaid
flowchart LR
    entrypoint --> start & plan
    plan --> fit & machine & catalogue
    catalogue --> variants
    adapters --> servers
```
"""
