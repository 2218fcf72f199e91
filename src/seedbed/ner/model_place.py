"""Say where a model lies.

src/seedbed/ner/model_place.py - v0.1.0

```mermaid
classDiagram
    ModelPlace ..> Path : holds
```
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """A model that is on this disk."""

    name: str
    """What people call it: the registered name, that of the folder or of the package."""
    version: str
    folder: Path
    """Holds all its files."""
    package: str | None = None
    """The package to load, where it is one: it may bring code of its own."""
