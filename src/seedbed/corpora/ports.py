"""Ask for documents, for labels, for chunks.

src/seedbed/corpora/ports.py - v0.1.0

```mermaid
classDiagram
    Corpus <|-- LabelledCorpus
    Corpus ..> Document : yields
    Corpus ..> Rejection : yields
    LabelledCorpus ..> Judgment : yields
    Chunker ..> Span : returns
```
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from seedbed.corpora.chunk import Span
from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.judgment import Judgment, Query


class Corpus(ABC):
    """A stream of documents in an order that is the same on every machine."""

    @abstractmethod
    def documents(self) -> Iterator[Document | Rejection]:
        """Yield every record once, as a document or as the reason why it is none; each call starts anew.

        Raises:
            UserError: the source does not exist or is not of this kind.
            WorldError: the source cannot be read.
        """

    def num_records(self) -> int | None:
        """Return about how many records `documents` will yield, for progress bars; None where only reading tells."""
        return None


class LabelledCorpus(Corpus):
    """A corpus that carries queries and the documents that answer them."""

    @abstractmethod
    def queries(self) -> Iterator[Query]:
        """Yield the queries of the configured split that have a judgment."""

    @abstractmethod
    def judgments(self) -> Iterator[Judgment]:
        """Yield the judgments of the configured split."""


class Chunker(ABC):
    """Cuts texts into pieces of at most so many tokens of one model."""

    @abstractmethod
    def identity(self) -> str:
        """Return name, version and options in one line: part of the key of every vector made from its chunks."""

    @abstractmethod
    def split(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, in order; a text yields at least one."""
