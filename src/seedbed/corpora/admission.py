"""Let a record in as a document, or say why it stays out.

src/seedbed/corpora/admission.py - v0.1.0

Every adapter ends here, so ids are unique and reasons look alike whatever the source. What is remembered per
document is 16 bytes of digest, not its id: a million ids of any length cost about 100 MB.

```mermaid
flowchart LR
    admit --> Candidate & UnfitError
    admit --> Document & Rejection
```
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from seedbed.corpora.document import Document, Rejection

MAX_EXCERPT = 200


class UnfitError(ValueError):
    """A record cannot become a document; its text says why and what to do."""

    document_id: str | None = None
    """The document that the record would have been, where its id can be read."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record as it was found."""

    source: str
    line: int | None
    found: Document | UnfitError
    raw: bytes | str = ""
    """The beginning of the record, for the excerpt of a rejection."""


def admit(candidates: Iterable[Candidate]) -> Iterator[Document | Rejection]:
    """Yield one document or one rejection per candidate, in order; of several with one id the first is kept."""
    seen: set[bytes] = set()
    for candidate in candidates:
        found = candidate.found
        if isinstance(found, Document):
            key = _key(found.id)
            if key not in seen:
                seen.add(key)
                yield found
                continue
            taken = UnfitError(
                f"id {found.id!r} is taken by an earlier record, which is kept; give each record its own id"
            )
            taken.document_id = found.id
            found = taken
        yield Rejection(
            source=candidate.source,
            line=candidate.line,
            document_id=found.document_id,
            reason=str(found),
            excerpt=excerpt_of(candidate.raw),
        )


def excerpt_of(raw: bytes | str) -> str:
    r"""Return at most the first 200 characters, with everything unprintable escaped.

    >>> excerpt_of(b"caf\xc3\xa9 \xff\x00")
    'café \\xff\\x00'
    """
    if isinstance(raw, bytes):
        raw = raw[: 4 * MAX_EXCERPT].decode("utf-8", "backslashreplace")
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in raw[:MAX_EXCERPT])
    return "".join(shown)[:MAX_EXCERPT]


def _key(document_id: str) -> bytes:
    return blake2b(document_id.encode(), digest_size=16).digest()
