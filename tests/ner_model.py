"""Make a small spaCy model that finds some names, where finding is not what is tested.

tests/ner_model.py - v0.1.0
"""

import warnings
from pathlib import Path
from typing import Any

from seedbed import wiring_ner
from seedbed.ner.config import REGISTERED_NAME
from seedbed.ner.model_card import ModelCard, write_card
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.registry import ModelVersion


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


def small_champion(home: Path) -> ModelCard:
    """Register the model in the home folder's own registry, as a training that is promoted does."""
    (home / "models" / "ner").mkdir(parents=True)
    folder = small_model(home / "models" / "ner" / "new")
    card = write_card(folder, ModelCard(name="seedbed-ner", version="1", labels=("GPE",)))
    folder = folder.rename(folder.with_name(card.digest))
    registry: Any = wiring_ner.registry(TrackingConfig(), home)
    registry._client.create_registered_model(REGISTERED_NAME)
    made = registry._client.create_model_version(REGISTERED_NAME, str(folder), tags={"digest": card.digest})
    registry.point("champion", ModelVersion(REGISTERED_NAME, made.version, "", {}))
    return card
