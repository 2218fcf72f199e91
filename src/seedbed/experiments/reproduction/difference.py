"""Describe one thing that is not as it was.

src/seedbed/experiments/reproduction/difference.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Difference
    Exception <|-- NotReproducedError
    NotReproducedError --> Difference : carries
```
"""

from collections.abc import Iterable
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

type Kind = Literal["record", "code", "config", "seed", "data", "model", "environment", "hardware", "run", "metric"]

ORDER: tuple[Kind, ...] = get_args(Kind.__value__)
"""What is looked at first: a difference may have caused those behind it, never one before it."""


class Difference(BaseModel):
    """What differs, and how: "" where one side has nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    what: str
    then: str = ""
    now: str = ""
    hint: str = ""
    """What it means or what to do, when the two values do not say so."""

    def __str__(self) -> str:
        """Return it in one line.

        >>> print(Difference(kind="environment", what="numpy", then="2.1.0", now="2.2.0"))
        environment: numpy was 2.1.0, is 2.2.0
        """
        values = f" was {self.then or 'not there'}, is {self.now or 'not there'}" if self.then or self.now else ""
        return f"{self.kind}: {self.what}{values}{f'; {self.hint}' if self.hint else ''}"


class NotReproducedError(Exception):
    """The run cannot be made again as it was; says why, before anything has been computed."""

    def __init__(self, differences: Iterable[Difference]) -> None:
        self.differences = in_order(differences)
        super().__init__("; ".join(map(str, self.differences)))


def in_order(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return them with possible causes before what they may have caused."""
    return tuple(sorted(differences, key=lambda each: ORDER.index(each.kind)))
