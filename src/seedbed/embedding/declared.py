"""Embed with an encoder that a package declares.

src/seedbed/embedding/declared.py - v0.1.0

Whatever the encoder says of itself, its name and its options are part of what vectors are compared by: an option that
was forgotten there would leave vectors of another encoder in the index.

```mermaid
classDiagram
    Embedder <|-- DeclaredEmbedder
    DeclaredEmbedder ..> Fingerprint : returns
    DeclaredEmbedder ..> UserError : raises
```
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import final

from pydantic import ValidationError

from seedbed.digests import canonical_json, digest_of
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.errors import UserError


@final
class DeclaredEmbedder(Embedder):
    """The encoder of a plug-in."""

    def __init__(self, config: EmbeddingConfig, made: Embedder) -> None:
        self._config = config
        self._made = made

    def fingerprint(self) -> Fingerprint:
        """Return the encoder's own, with its name and its options.

        Raises:
            UserError: its precision is none that can be chosen, so that a search could not choose it again.
        """
        return self._fingerprint

    def tokenizer_file(self) -> Path:
        """Return what counts tokens as the encoder does."""
        return self._made.tokenizer_file()

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order."""
        return self._made.embed(texts)

    @cached_property
    def _fingerprint(self) -> Fingerprint:
        own, config = self._made.fingerprint(), self._config
        try:
            EmbeddingConfig.model_validate(config.model_dump() | {"precision": own.precision})
        except ValidationError as error:
            told = error.errors()[0]["msg"]
            raise UserError(f"encoder {config.backend!r} has the precision {own.precision!r}: {told}") from error
        digest = digest_of(own.model_digest, canonical_json(config.options)) if config.options else own.model_digest
        return own.model_copy(update={"backend": config.backend, "model_digest": digest})
