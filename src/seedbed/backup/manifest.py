"""Describe what a backup holds.

src/seedbed/backup/manifest.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- FileEntry
    BaseModel <|-- Manifest
    Manifest --> FileEntry : lists
```
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt

from seedbed.digests import digest_json


class FileEntry(BaseModel):
    """One file of the home folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    size_bytes: NonNegativeInt
    digest: str = Field(pattern="^[0-9a-f]{32}$", description="BLAKE2b-128 of the content")


class Manifest(BaseModel):
    """What stands in `manifest.json`, the last member of an archive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    seedbed: str = Field(description="version that wrote the archive")
    created_at: AwareDatetime
    home: str = Field(
        description="absolute path of the home folder then; what points into it is rewritten by a restore"
    )
    places: Mapping[str, str] = Field(description="where store and runs were, by the settings of then")
    counts: Mapping[str, NonNegativeInt] = Field(description="runs, documents, chunks, vectors")
    running: tuple[str, ...] = Field(description="runs that were not finished")
    left_out: tuple[str, ...] = Field(description="what is kept elsewhere, and how it is saved there")
    files: Mapping[str, FileEntry] = Field(description="path below the home folder → content")
    digest: str = Field("", description="of everything above")

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(entry.size_bytes for entry in self.files.values())

    def sealed(self) -> Self:
        """Return the manifest with its own digest."""
        return self.model_copy(update={"digest": self._own_digest()})

    def is_intact(self) -> bool:
        """Tell whether it is as it was sealed."""
        return self.digest == self._own_digest()

    def _own_digest(self) -> str:
        return digest_json(self.model_dump(mode="json", exclude={"digest"}))
