"""Choose where backups go.

src/seedbed/backup/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- BackupConfig
```
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class BackupConfig(BaseModel):
    """Where backups are kept, and how many."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = Field(
        None, description="folder of the backups, outside the home folder, best on another disk; no default"
    )
    keep: PositiveInt = Field(7, le=10_000, description="how many backups of this home folder stay")
