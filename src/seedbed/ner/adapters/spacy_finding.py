"""Find the entities of samples with a spaCy model, in the words of whoever annotated them.

src/seedbed/ner/adapters/spacy_finding.py - v0.1.0

```mermaid
classDiagram
    SpacyFinder ..> ModelPlace : loads
    SpacyFinder ..> Sample : takes
    SpacyFinder ..> Span : returns
```
"""

from collections.abc import Sequence
from typing import final

from seedbed.ner.adapters.spacy_docs import doc_of
from seedbed.ner.adapters.spacy_loading import load
from seedbed.ner.annotated_text import Span
from seedbed.ner.model_place import ModelPlace
from seedbed.ner.sample import Sample


@final
class SpacyFinder:
    """A loaded model, called with samples."""

    def __init__(self, place: ModelPlace) -> None:
        """Load the model."""
        self._nlp = load(place)

    def __call__(self, samples: Sequence[Sample]) -> list[tuple[Span, ...]]:
        """Return the entities of each sample."""
        docs = self._nlp.pipe([doc_of(sample, self._nlp) for sample in samples])
        return [tuple(Span(each.start_char, each.end_char, each.label_) for each in doc.ents) for doc in docs]
