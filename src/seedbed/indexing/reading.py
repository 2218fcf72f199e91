"""Walk over a corpus once, cutting it into chunks.

src/seedbed/indexing/reading.py - v0.1.0

What a report says of the corpus is taken from the very documents that were cut: a source may change while it is read.
A document that is stored whole, as it reads now, is not cut.

```mermaid
flowchart LR
    Reading --> Corpus & Chunker --> chunks_of
```
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from itertools import batched
from typing import final

from seedbed.corpora.document import Document, Rejection
from seedbed.corpora.ports import Chunker, Corpus
from seedbed.digests import digest_json
from seedbed.indexing.chunks import PAYLOAD_VERSION, Chunk, chunks_of
from seedbed.progress import Progress

_BATCH = 256
"""Documents that are cut and looked up together."""


@final
class Reading:
    """One walk over a corpus, and what it has seen so far."""

    def __init__(
        self,
        corpus: Corpus,
        chunker: Chunker,
        *,
        encoder: str,
        prompt: str,
        reject: Callable[[Rejection], object],
        meet: Callable[[Mapping[str, str]], Mapping[str, int]],
    ) -> None:
        """Take the digest of fingerprint and chunker, the prompt before each text, and what to do with bad records.

        `meet` takes documents (id → digest) and returns those that need not be cut, with the number of their chunks.
        """
        self._corpus = corpus
        self._chunker = chunker
        self.encoder = encoder
        self._prompt = prompt
        self._reject = reject
        self._meet = meet
        self._content = blake2b(digest_size=16)
        self.num_documents = 0
        self.num_rejected = 0
        self.rejected: set[str] = set()
        """Ids of records that could not become documents."""
        self.num_nameless = 0
        """Records whose id could not even be read."""
        self.num_chunks_uncut = 0
        """Chunks of the documents that were not cut."""

    @property
    def data_digest(self) -> str:
        """Digest of the documents read so far, in order."""
        return self._content.hexdigest()

    def batches(self, progress: Progress | None = None) -> Iterator[list[Chunk]]:
        """Yield the chunks of a few documents at a time."""
        total = self._corpus.num_records()
        for read in batched(self._documents(), _BATCH):
            digests = {document.id: digest for document, digest in read}
            whole = self._meet(digests)
            self.num_chunks_uncut += sum(whole.values())
            changed = [document for document, _ in read if document.id not in whole]
            spans = self._chunker.split([document.content for document in changed])
            if progress:
                progress(self.num_documents, total, "documents")
            yield [
                chunk
                for document, cut in zip(changed, spans, strict=True)
                for chunk in chunks_of(document, cut, encoder=self.encoder, prompt=self._prompt)
            ]

    def _documents(self) -> Iterator[tuple[Document, str]]:
        for record in self._corpus.documents():
            if isinstance(record, Rejection):
                self._reject(record)
                self.num_rejected += 1
                if record.document_id:
                    self.rejected.add(record.document_id)
                else:
                    self.num_nameless += 1
            else:
                self.num_documents += 1
                digest = digest_json(record.model_dump(mode="json"))
                self._content.update(bytes.fromhex(digest))
                yield record, f"{PAYLOAD_VERSION}:{digest}"
