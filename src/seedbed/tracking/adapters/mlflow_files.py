"""Say what an MLflow database file holds, and move what it points at.

src/seedbed/tracking/adapters/mlflow_files.py - v0.1.0

MLflow keeps where artefacts are as absolute addresses and has no command that changes them.

```mermaid
flowchart LR
    relocate --> sqlite3
```
"""

import sqlite3
from contextlib import closing
from pathlib import Path

COUNTS = {"runs": "SELECT count(*) FROM runs"}
RUNNING = "SELECT run_uuid FROM runs WHERE status = 'RUNNING' ORDER BY run_uuid"
_MOVES = (
    "UPDATE experiments SET artifact_location = :new || substr(artifact_location, length(:old) + 1) "
    "WHERE artifact_location = :old OR substr(artifact_location, 1, length(:old) + 1) = :old || '/'",
    "UPDATE runs SET artifact_uri = :new || substr(artifact_uri, length(:old) + 1) "
    "WHERE artifact_uri = :old OR substr(artifact_uri, 1, length(:old) + 1) = :old || '/'",
    "UPDATE logged_models SET artifact_location = :new || substr(artifact_location, length(:old) + 1) "
    "WHERE artifact_location = :old OR substr(artifact_location, 1, length(:old) + 1) = :old || '/'",
)


def relocate(database: Path, old_home: Path, new_home: Path) -> None:
    """Let the artefacts that lay below `old_home` be looked for below `new_home`."""
    if old_home == new_home:
        return
    old, new = ((home / "artifacts").absolute().as_uri() for home in (old_home, new_home))
    with closing(sqlite3.connect(database)) as connection, connection:
        for move in _MOVES:
            connection.execute(move, {"old": old, "new": new})
