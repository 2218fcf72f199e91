"""Ask for vectors.

src/seedbed/embedding/ports.py - v0.1.0

```mermaid
classDiagram
    Embedder ..> Embeddings : returns
    Embedder ..> Fingerprint : returns
    refuse_empty ..> UserError : raises
```
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seedbed.embedding.fingerprint import Fingerprint
from seedbed.errors import UserError


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The answer to one batch."""

    vectors: npt.NDArray[np.float32]
    """(n, d), each row of length 1."""
    num_tokens: npt.NDArray[np.int32]
    """(n,), tokens that went in, special ones included."""
    truncated: npt.NDArray[np.bool_]
    """(n,), True where the text was longer than the model's limit."""


def refuse_empty(texts: Sequence[str]) -> None:
    """Raise UserError that names the first text without anything to embed."""
    if blank := [position for position, text in enumerate(texts) if not text.strip()]:
        raise UserError(f"text {blank[0]} of {len(texts)} is empty; an empty text has no vector")


class Embedder(ABC):
    """Turns texts into unit vectors; nothing heavy happens before the first `embed`."""

    @abstractmethod
    def fingerprint(self) -> Fingerprint:
        """Return what the vectors depend on, without loading the model."""

    @abstractmethod
    def tokenizer_file(self) -> Path:
        """Return the `tokenizer.json` that counts tokens as the model does."""

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order; no texts give an array of shape (0, d).

        Raises:
            UserError: a text is empty.
            WorldError: the model cannot be loaded.
        """
