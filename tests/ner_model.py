"""Make a small spaCy model that finds some names, where finding is not what is tested.

tests/ner_model.py - v0.1.0
"""

import warnings
from pathlib import Path
from typing import Any


def small_model(folder: Path) -> Path:
    """Write the model into the folder and return it."""
    with warnings.catch_warnings():  # of torch, about what a package that spaCy finds by itself does at import
        warnings.simplefilter("ignore")
        import spacy

        nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "GPE", "pattern": name} for name in ("Oslo", "Lisbon")])
    nlp.to_disk(folder)
    return folder
