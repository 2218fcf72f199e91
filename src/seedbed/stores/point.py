"""Describe what goes into a store and what comes out.

src/seedbed/stores/point.py - v0.1.0

```mermaid
classDiagram
    class Points
    class Hit
    class CollectionSpec
```
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Value = str | int | float | bool
type Payload = dict[str, Value]


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """One physical collection: its name, the vectors it takes, and which declaration it follows."""

    name: str
    dimension: int
    schema_version: int = 1
    family: str = "documents"
    """Which declaration in collections.yaml its points follow."""
    indexed_fields: tuple[str, ...] = ("document_id",)
    """Payload fields that searches filter by."""

    @property
    def metadata(self) -> dict[str, Value]:
        """What a collection says of itself, and must still say when it is opened again."""
        return {"family": self.family, "schema_version": self.schema_version, "dimension": self.dimension}


@dataclass(frozen=True, slots=True)
class Points:
    """A batch of points: row i of `vectors` belongs to `ids[i]` and `payloads[i]`."""

    ids: Sequence[str]
    """UUIDs in their canonical text form."""
    vectors: npt.NDArray[np.float32]
    """(n, d), unit length."""
    payloads: Sequence[Payload]


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour."""

    id: str
    score: float
    """Cosine similarity, 1 is the same direction."""
    payload: Payload
