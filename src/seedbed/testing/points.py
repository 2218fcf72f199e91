"""Make points for the contract of a store.

src/seedbed/testing/points.py - v0.1.0

```mermaid
flowchart LR
    some_points & at --> Points
    BAD --> at
```
"""

from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt

from seedbed.stores.point import CollectionSpec, Payload, Points, Value

DIMENSION = 8
SPEC = CollectionSpec("docs--0123abcd", DIMENSION)


def name_of(number: int) -> str:
    """Return the id of a point."""
    return str(UUID(int=number))


def unit(vectors: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Return the rows, each of length 1."""
    rows = np.asarray(vectors, np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def some_points(num: int, dimension: int = DIMENSION, seed: int = 0) -> Points:
    """Return points in directions drawn by chance, three to a document."""
    vectors = unit(np.random.default_rng(seed).normal(size=(num, dimension)))
    payloads: list[Payload] = [
        {"document_id": f"d{i // 3}", "position": i % 3, "text": f"chunk {i}"} for i in range(num)
    ]
    return Points([name_of(i) for i in range(num)], vectors, payloads)


def at(vector: npt.ArrayLike, number: int = 1, **payload: Value) -> Points:
    """Return one point in the direction of a vector."""
    return Points([name_of(number)], unit(np.asarray(vector)[None]), [payload])


EAST, NORTH = np.eye(DIMENSION, dtype=np.float32)[:2]

NAUGHTY = [
    "", " ", "\0", "\n\r\t", "'; DROP TABLE x;--", '{"$ne": 1}', "ünïcödé 漢字 🤷🏽", "\u202eabc", "\ufeff",
    "x" * 100_000,
]  # fmt: skip

BAD = {
    "wrong dimension": (Points([name_of(0)], unit(np.ones((1, 9))), [{}]), r"\(1, 9\).*\(n, 8\)"),
    "NaN": (Points([name_of(0)], np.full((1, 8), np.nan, np.float32), [{}]), "row 0.*nan.*finite"),
    "not unit": (Points(some_points(2).ids, np.stack([EAST, EAST * 1.01]), [{}, {}]), "row 1.*1.01"),
    "no UUID": (Points(["d1"], EAST[None], [{}]), "'d1' in row 0 is no UUID"),
    "upper case UUID": (Points([str(uuid4()).upper()], EAST[None], [{}]), "no UUID"),
    "id twice": (Points([name_of(0)] * 2, np.stack([EAST, EAST]), [{}, {}]), "twice"),
    "fewer payloads": (Points([name_of(0)], EAST[None], []), "1 ids, 1 vectors and 0 payloads"),
    "fewer vectors": (Points(some_points(2).ids, EAST[None], [{}, {}]), "2 ids, 1 vectors"),
    "undeclared field": (at(EAST, titel="x"), "'titel' is unknown.*'title'"),
    "wrong type": (at(EAST, position="3"), "'position' is str '3'; allowed is int"),
    "infinite payload": (at(EAST, meta_x=float("inf")), "'meta_x' is inf"),
    "huge payload": (at(EAST, meta_x=2**63), "64-bit"),
    "half a character": (at(EAST, text="\ud800"), "surrogate"),
}
