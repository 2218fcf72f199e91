"""Make spaCy documents of samples.

src/seedbed/ner/adapters/spacy_docs.py - v0.1.0

```mermaid
flowchart LR
    doc_of --> Sample
    gold_doc --> doc_of
    pipeline_of --> config_of --> Config
```
"""

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.ner.sample import Sample

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from thinc.api import Config

CONFIGS = Path(__file__).parents[1] / "pipelines"
"""The configuration of each architecture."""


def doc_of(sample: Sample, nlp: "Language") -> "Doc":
    """Return the text, cut into words as its annotator did, or as the model does where nobody did."""
    from spacy.tokens import Doc

    if not sample.words:
        return nlp.make_doc(sample.text)
    last = len(sample.words) - 1
    return Doc(nlp.vocab, words=list(sample.words), spaces=[place < last for place in range(last + 1)])


def gold_doc(sample: Sample, nlp: "Language") -> "Doc":
    """Return the text with its entities; those that begin or end within a word are left out."""
    doc = doc_of(sample, nlp)
    spans = (doc.char_span(each.start, each.end, label=each.label) for each in sample.spans)
    doc.set_ents([span for span in spans if span is not None], default="outside")
    return doc


def pipeline_of(architecture: str) -> "Language":
    """Return the pipeline that a configuration of this package describes, untrained."""
    with warnings.catch_warnings():  # of torch, about what a package that spaCy finds by itself does at import
        warnings.simplefilter("ignore")
        import spacy

        from seedbed.ner.adapters import entity_component  # noqa: F401 - registers what our own models are made of

        return spacy.util.load_model_from_config(config_of(architecture), auto_fill=True)


def write_pipeline(nlp: "Language", folder: Path) -> None:
    """Write a pipeline, equal ones in equal bytes: spaCy writes a set of characters in the order of this process."""
    nlp.to_disk(folder)
    file = folder / "sentencizer.json"
    if file.is_file():
        written = json.loads(file.read_text(encoding="utf-8"))
        written["punct_chars"].sort()
        file.write_text(json.dumps(written), encoding="utf-8")


def config_of(architecture: str) -> "Config":
    """Return a configuration of this package."""
    from spacy.util import load_config

    return load_config(CONFIGS / f"{architecture}.cfg")
