"""Stand in for the encoder, the chunker and the corpus: the first is counted and broken, the last changes.

tests/unit/indexing/doubles.py - v0.1.0
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import final

import numpy as np

from seedbed.corpora.chunk import Span
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Chunker, Corpus
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.ports import Embedder, Embeddings

DIMENSION = 16


@final
class HashEmbedder(Embedder):
    """Gives every text a unit vector made from its digest, counts, and refuses texts with a poison word."""

    def __init__(self, model: str = "hash") -> None:
        self.model = model
        self.texts: list[str] = []
        self.poison = ""

    def fingerprint(self) -> Fingerprint:
        """Return a fingerprint that only the model's name changes."""
        return Fingerprint(
            model=self.model,
            model_digest=self.model,
            dimension=DIMENSION,
            max_tokens=8,
            pooling="none",
            normalized=True,
            precision="fp32",
            backend="test",
        )

    def tokenizer_file(self) -> Path:
        """There is none: the chunkers of these tests count words."""
        raise AssertionError

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return digests as directions."""
        if self.poison and any(self.poison in text for text in texts):
            raise RuntimeError("the model choked")
        self.texts += texts
        raw = [np.frombuffer(blake2b(text.encode(), digest_size=DIMENSION).digest(), dtype=np.uint8) for text in texts]
        vectors = np.stack(raw).astype(np.float32) - 127.5
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        lengths = np.asarray([len(text.split()) for text in texts], dtype=np.int32)
        return Embeddings(vectors, lengths, lengths > 8)


@final
class LineChunker(Chunker):
    """Cuts at line ends, and counts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def identity(self) -> str:
        """Return the name of this double."""
        return "lines 1"

    def split(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return one span per line."""
        self.texts += texts
        cut: list[list[Span]] = []
        for text in texts:
            start, spans = 0, []
            for line in text.split("\n"):
                spans.append(Span(start, start + len(line), line))
                start += len(line) + 1
            cut.append(spans)
        return cut


@final
class ListCorpus(Corpus):
    """Yields what it was given."""

    def __init__(self, records: Sequence[Document | Rejection]) -> None:
        self._records = records

    def documents(self) -> Iterator[Document | Rejection]:
        """Yield the records in order."""
        yield from self._records
