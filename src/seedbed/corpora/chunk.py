"""Describe a piece of a text.

src/seedbed/corpora/chunk.py - v0.1.0

```mermaid
classDiagram
    class Span
```
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Where a piece lies in its text, and what it says: `text[start:end]` of the source, in code points."""

    start: int
    end: int
    text: str
