"""Leave texts whole.

src/seedbed/corpora/whole_text.py - v0.1.0

```mermaid
classDiagram
    Chunker <|.. WholeText
    WholeText ..> Span : returns
```
"""

from collections.abc import Sequence
from typing import final

from seedbed.corpora.chunk import Span
from seedbed.corpora.ports import Chunker


@final
class WholeText(Chunker):
    """One span per text, as published retrieval numbers are made; the model truncates what is too long for it."""

    def identity(self) -> str:
        """Return the name: there are no options."""
        return "whole"

    def split(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return one span per text."""
        return [[Span(0, len(text), text)] for text in texts]
