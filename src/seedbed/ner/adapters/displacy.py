"""Show entities in their text as HTML, as displaCy does.

src/seedbed/ner/adapters/displacy.py - v0.1.0

displaCy escapes the text and leaves labels as they are; a model may call its labels anything.

```mermaid
flowchart LR
    entities_html --> Entity
```
"""

from collections.abc import Sequence
from html import escape

from seedbed.ner.entity import Entity


def entities_html(text: str, entities: Sequence[Entity]) -> str:
    """Return one `<div>` with a `<mark>` for each entity; everything of the text is escaped."""
    from spacy.displacy.render import EntityRenderer

    spans = [{"start": each.start, "end": each.end, "label": escape(each.label)} for each in entities]
    return str(EntityRenderer().render([{"text": text, "ents": spans}])).strip()
