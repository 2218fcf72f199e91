"""Find people, organisations, places, dates, money and products in text.

src/seedbed/ner/__init__.py - v0.1.0

```mermaid
flowchart LR
    ports --> entity
    annotated_text
```
"""
