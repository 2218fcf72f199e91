"""Bring vendors' answers into one form.

src/seedbed/stores/hits.py - v0.1.0

```mermaid
flowchart LR
    best_first --> Hit
    describe
```
"""

from collections.abc import Iterable

from seedbed.stores.point import Hit, Payload

SPARE_HITS = 16
"""Hits asked for beyond k, so that a tie across the k-th place is settled by id and not by the graph."""
_DIGITS = 6


def best_first(found: Iterable[tuple[str, float, Payload]], k: int) -> list[Hit]:
    """Return the best `k` of (id, cosine, payload), equal scores by id.

    Scores keep the 6 decimals that float32 carries, so that equal vectors tie whatever order a kernel summed in.
    """
    hits = (Hit(point_id, round(score, _DIGITS) + 0.0, payload) for point_id, score, payload in found)
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:k]


def describe(error: BaseException) -> str:
    """Return a vendor's error in one line of bounded length."""
    cause = getattr(error, "source", None) or error
    details = getattr(cause, "details", None)
    said = details() if callable(details) else None  # gRPC's; as text its errors are a page about channels
    text = " ".join(str(said or cause).split())
    return f"{type(cause).__name__.lstrip('_')} {text[:300]}".strip()
