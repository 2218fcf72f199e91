"""Refuse points and queries that would poison a store.

src/seedbed/stores/validation.py - v0.1.0

Every adapter asks here before it asks its vendor, so that all of them refuse the same things in the same words.

```mermaid
flowchart LR
    check_points --> check_ids
    check_points --> check_payload
    check_search --> check_field
```
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from seedbed.errors import UserError
from seedbed.stores.declaration import check_field, check_payload
from seedbed.stores.point import CollectionSpec, Points, Value

MAX_HITS = 10_000
"""Most hits that one query may ask for."""
_UNIT_TOLERANCE = 1e-3
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def check_ids(ids: Sequence[str]) -> None:
    """Refuse an id that is not a UUID in its canonical text form."""
    for row, point_id in enumerate(ids):
        if not _UUID.fullmatch(point_id):
            raise UserError(f"id {point_id!r:.80} in row {row} is no UUID; allowed is str(uuid.UUID(...)), lower case")


def check_points(points: Points, spec: CollectionSpec) -> None:
    """Refuse a batch that does not fit the collection, naming the first row that does not."""
    num_ids, num_payloads = len(points.ids), len(points.payloads)
    if not num_ids == len(points.vectors) == num_payloads:
        raise UserError(
            f"{num_ids} ids, {len(points.vectors)} vectors and {num_payloads} payloads for {spec.name!r}; "
            "a batch has one of each per row"
        )
    check_ids(points.ids)
    if len(set(points.ids)) < num_ids:
        raise UserError(f"id {_first_repeated(points.ids)!r} stands twice in one batch; allowed is once")
    if num_ids:
        norms = _norms(points.vectors, spec)
        _refuse_first(abs(norms - 1) > _UNIT_TOLERANCE, norms, f"allowed is 1 ± {_UNIT_TOLERANCE}: normalise first")
    for payload in points.payloads:
        check_payload(spec, payload)


def check_search(
    queries: npt.NDArray[np.float32], k: int, where: Mapping[str, Value] | None, spec: CollectionSpec
) -> None:
    """Refuse queries of the wrong shape, a `k` out of bounds, or a filter on a field that is not declared."""
    if not 1 <= k <= MAX_HITS:
        raise UserError(f"k is {k}; allowed is 1 to {MAX_HITS}")
    norms = _norms(queries, spec)
    _refuse_first(norms < _UNIT_TOLERANCE, norms, "a query needs a direction")
    for name, value in (where or {}).items():
        check_field(spec, name)
        check_payload(spec, {name: value})


def _norms(vectors: npt.NDArray[np.float32], spec: CollectionSpec) -> npt.NDArray[np.float32]:
    if vectors.ndim != 2 or vectors.shape[1] != spec.dimension:
        raise UserError(
            f"vectors of shape {vectors.shape} for {spec.name!r}; allowed is (n, {spec.dimension}): "
            "use the model that filled the collection"
        )
    norms: npt.NDArray[np.float32] = np.linalg.norm(vectors, axis=1)
    _refuse_first(~np.isfinite(norms), norms, "allowed are finite numbers")
    return norms


def _refuse_first(wrong: npt.NDArray[np.bool_], norms: npt.NDArray[np.float32], allowed: str) -> None:
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(f"vector in row {row} has length {norms[row]:.6g}; {allowed}")


def _first_repeated(ids: Sequence[str]) -> str:
    return next(point_id for point_id, times in Counter(ids).items() if times > 1)


def check_existing(spec: CollectionSpec, found: Mapping[str, object] | None) -> None:
    """Refuse a collection that was made for other vectors or another schema; `found` is what it says of itself."""
    there = {name: (found or {}).get(name) for name in spec.metadata}
    if there != spec.metadata:
        raise UserError(
            f"collection {spec.name!r} was made with {there}, asked for is {spec.metadata}; "
            "build it anew under another name: seedbed index, with SEEDBED_STORE__COLLECTION=NAME"
        )
