"""Back up and restore what the settings name.

src/seedbed/wiring_backup.py - v0.1.0

```mermaid
flowchart LR
    back_up & restore --> _snapshots
    back_up --> UserError
```
"""

from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import UserError
from seedbed.settings import Settings
from seedbed.stores.config import StoreConfig

if TYPE_CHECKING:
    from seedbed.backup.create import Backup
    from seedbed.backup.restore import Restored
    from seedbed.stores.adapters.qdrant_snapshots import QdrantSnapshots


def back_up(settings: Settings, folder: Path | None = None, keep: int | None = None) -> "Backup":
    """Put the home folder into one checked archive; folder and number kept are those of the settings unless given.

    Raises:
        UserError: no folder is named, it lies inside the home folder, or there is nothing yet.
        WorldError: a process keeps the embedded store, or the disk is full.
    """
    from seedbed.backup.create import create
    from seedbed.backup.elsewhere import kept_elsewhere
    from seedbed.backup.snapshot import Database
    from seedbed.indexing.schema import COLLECTIONS, COUNTS
    from seedbed.tracking.adapters import mlflow_files

    if (target := folder or settings.backup.folder) is None:
        raise UserError(
            "no folder for backups is named; choose one on another disk. "
            "Example: seedbed backup --to /mnt/backups, or SEEDBED_BACKUP__FOLDER=/mnt/backups"
        )
    return create(
        settings.home,
        target,
        keep=keep or settings.backup.keep,
        ledger=Database("ledger.db", COUNTS, collections=COLLECTIONS),
        runs=Database("mlflow.db", mlflow_files.COUNTS, mlflow_files.RUNNING),
        places={"store": settings.store.place, "runs": settings.tracking.uri or "embedded"},
        left_out=kept_elsewhere(settings.store, settings.tracking, settings.home, settings.indexing.ledger_url),
        save=snapshots.save if (snapshots := _snapshots(settings.store)) else None,
    )


def _snapshots(config: StoreConfig) -> "QdrantSnapshots | None":
    if config.kind != "qdrant" or not config.url:
        return None
    from seedbed.stores.adapters.qdrant_snapshots import QdrantSnapshots

    return QdrantSnapshots(config)


def restore(archive: Path, home: Path, store: StoreConfig, *, replace: bool = False) -> "Restored":
    """Make `home`, and the collections of a served `store` that were saved from it, what they were then.

    Raises:
        UserError: the archive is not intact, or the home folder is not empty and `replace` is not given.
        WorldError: a process uses what is there, or the disk is full.
    """
    from seedbed.backup.restore import restore as put_back
    from seedbed.tracking.adapters import mlflow_files

    snapshots = _snapshots(store)
    return put_back(
        archive,
        home,
        replace=replace,
        relocate={"mlflow.db": mlflow_files.relocate},
        place=store.place,
        load=snapshots.load if snapshots else None,
    )
