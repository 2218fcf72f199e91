"""Ask for the entities of texts.

src/seedbed/ner/ports.py - v0.1.0

```mermaid
classDiagram
    Recognizer ..> Recognized : returns
    Recognizer ..> ModelIdentity : returns
```
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from seedbed.ner.entity import ModelIdentity, Recognized


class Recognizer(ABC):
    """Finds entities; nothing heavy happens before the first call of `identity` or `recognize`."""

    @abstractmethod
    def identity(self) -> ModelIdentity:
        """Return which model answers, and what it can find.

        Raises:
            WorldError: the model cannot be loaded.
        """

    @abstractmethod
    def recognize(self, texts: Sequence[str]) -> list[Recognized]:
        """Return what is in each text, in order; what one text gets does not depend on its neighbours.

        Raises:
            UserError: a text is no valid Unicode or longer than the model may be given.
            WorldError: the model cannot be loaded.
        """
