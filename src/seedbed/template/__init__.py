"""Make projects that use this library, and keep them up to date with it.

src/seedbed/template/__init__.py - v0.1.0

What a project gets is rendered from `skeleton/` and from files of this repository; what was rendered travels in the
project, so that an update is a three-way merge wherever the project came from.

```mermaid
flowchart LR
    create & adopt & update --> render & lock & library & manifest
    update --> merge
```
"""
