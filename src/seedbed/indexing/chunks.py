"""Give every chunk of a document its place, its key and its digest.

src/seedbed/indexing/chunks.py - v0.1.0

The point id says where a text stands, the vector key what it says: text that moves keeps its vector.

```mermaid
flowchart LR
    chunks_of --> normalized & vector_key & point_id
    chunks_of --> Chunk
```
"""

import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seedbed.corpora.chunk import Span
from seedbed.corpora.document import Document
from seedbed.digests import digest_json, digest_of
from seedbed.stores.point import Payload

PAYLOAD_VERSION = 1
"""Grows when `chunks_of` makes other chunks of the same document: those that are stored are then cut and sent again."""
_NAMESPACE = uuid.UUID("6d1f3a52-7c0e-5b64-9a43-0f2f3f0c8e21")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document on its way into the store."""

    point_id: str
    document_id: str
    text: str
    """What is embedded: prompt and normalised text."""
    vector_key: str
    payload: Payload
    content_digest: str
    """Changes when the point in the store would change: its vector or its payload."""


def normalized(text: str) -> str:
    r"""Return the text in Unicode NFC, with line feeds only, without blanks at its ends.

    >>> normalized("cafe\u0301\r\n")
    'café'
    """
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def vector_key(text: str, encoder: str) -> str:
    """Return the key of the vector that the encoder (digest of fingerprint and chunker) gives a text."""
    return digest_of(encoder, text)


def point_id(document_id: str, position: int) -> str:
    """Return the UUIDv5 of a document's chunk."""
    return str(uuid.uuid5(_NAMESPACE, f"{position}:{document_id}"))


def chunks_of(document: Document, spans: Sequence[Span], *, encoder: str, prompt: str) -> Iterable[Chunk]:
    """Yield the chunks of a document whose content was cut into `spans`."""
    metadata = {f"meta_{key}": value for key, value in sorted(document.metadata.items())}
    for position, span in enumerate(spans):
        text = prompt + normalized(span.text)
        key = vector_key(text, encoder)
        payload: Payload = {
            "document_id": document.id,
            "position": position,
            "start": span.start,
            "end": span.end,
            "title": document.title,
            "text": span.text,
            **metadata,
        }
        digest = digest_of(key, digest_json(payload))
        payload["content_digest"] = digest
        yield Chunk(point_id(document.id, position), document.id, text, key, payload, digest)
