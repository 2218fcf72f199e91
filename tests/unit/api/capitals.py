"""Stand in for a NER model where the model is not what is tested.

tests/unit/api/capitals.py - v0.1.0
"""

import re

from seedbed.ner.entity import Entity, ModelIdentity, Recognized
from seedbed.ner.ports import Recognizer

IDENTITY = ModelIdentity("capitals", "1.2.3", "d" * 32, ("GPE", "PERSON"), 100_000, "a" * 32, 2**60)


class Capitals(Recognizer):
    """Takes every word that begins with a capital for a place, fails on `Crash`."""

    def __init__(self, identity=IDENTITY):
        self._identity = identity

    def identity(self):
        return self._identity

    def recognize(self, texts):
        if any("Crash" in text for text in texts):
            raise ZeroDivisionError("in /srv/secret")
        return [self._one(text) for text in texts]

    def _one(self, text):
        found = re.finditer(r"\b[A-ZÖ]\w+", text)
        entities = (
            Entity(each[0], "GPE", each.start(), each.end(), text.count(".", 0, each.start())) for each in found
        )
        return Recognized(tuple(entities), len(text.split()))
