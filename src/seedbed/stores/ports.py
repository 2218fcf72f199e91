"""Ask for neighbours, and keep what is asked for.

src/seedbed/stores/ports.py - v0.1.0

A Collection is one physical collection, open; which one a name points at is the indexing ledger's knowledge.

```mermaid
classDiagram
    VectorStore ..> Collection : opens
    VectorStore ..> CollectionSpec : takes
    Collection ..> Points : takes
    Collection ..> Hit : returns
```
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from seedbed.stores.point import CollectionSpec, Hit, Points, Value


class Collection(ABC):
    """Points in one space; every write has happened when the call returns."""

    @abstractmethod
    def upsert(self, points: Points) -> None:
        """Add the points, replacing those whose id is there already; any number of points.

        Raises:
            UserError: lengths differ, a vector has the wrong dimension, is not finite or not of unit length (± 1e-3).
            WorldError: the store refuses the write.
        """

    @abstractmethod
    def settle(self) -> None:
        """Return once searches are as good as they get: an index that is built in the background is complete.

        Raises:
            WorldError: it cannot be built, or is not built after long.
        """

    @abstractmethod
    def delete(self, ids: Sequence[str]) -> None:
        """Remove the points; an id that is not there is no error."""

    @abstractmethod
    def count(self, ids: Sequence[str] | None = None) -> int:
        """Return how many points there are, or how many of `ids` there are; exact."""

    @abstractmethod
    def scan(self, field: str) -> Iterator[list[tuple[str, Value | None]]]:
        """Yield (id, value of one payload field or None) of every point once, in batches; nobody writes meanwhile."""

    @abstractmethod
    def search(
        self, queries: npt.NDArray[np.float32], k: int, where: Mapping[str, Value] | None = None
    ) -> list[list[Hit]]:
        """Return up to `k` hits per query row of (n, d), best first, equal scores ordered by id.

        `where` keeps only points whose payload has every given value.

        Raises:
            UserError: wrong dimension, or k < 1.
        """


class VectorStore(ABC):
    """A database of collections."""

    @abstractmethod
    def open(self, spec: CollectionSpec) -> Collection:
        """Return the collection, made if it is not there.

        Raises:
            UserError: it is there with another dimension or schema version.
            WorldError: the database cannot be reached or opened.
        """

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of all collections, sorted."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a collection; one that is not there is no error."""
