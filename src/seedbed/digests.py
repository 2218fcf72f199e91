"""Name content by its digest.

src/seedbed/digests.py - v0.1.0

BLAKE2b-128 in lower-case hex everywhere, so that two digests of the same thing can be compared by eye;
only files whose vendor publishes a sha256 are checked by that (seedbed.embedding.model_files).

```mermaid
flowchart LR
    digest_file --> digest_of
    digest_json --> canonical_json & digest_of
```
"""

import json
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path


def digest_of(*parts: bytes | str) -> str:
    """Return the 32 hex digits of BLAKE2b-128 over the parts, each framed by its length.

    >>> digest_of("ab", "c") == digest_of("a", "bc")
    False
    """
    state = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


def digest_stream(parts: Iterable[bytes | str]) -> str:
    """Return the digest of many parts without holding them."""
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(bytes.fromhex(digest_of(part)))
    return state.hexdigest()


def digest_json(value: object) -> str:
    """Return the digest of a JSON value, the same whatever the order of keys; floats count to the last bit."""
    return digest_of(canonical_json(value))


def canonical_json(value: object) -> str:
    """Return a JSON value as the same text whatever the order of keys.

    >>> canonical_json({"b": 1, "a": [True]})
    '{"a":[true],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=True)


def digest_file(path: Path) -> str:
    """Return the digest of a file's whole content, read in 1 MiB blocks."""
    state = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()
