"""Keep the folder of an embedded store to one process.

src/seedbed/stores/folder_lock.py - v0.1.0

A second process that opens an embedded Chroma can hang for minutes or read a stale index
(https://github.com/chroma-core/chroma/issues/7040), readers included. The lock is the system's: kill -9 frees it.

```mermaid
flowchart LR
    own_folder --> FileLock & patience_s
    own_folder --> WorldError
```
"""

import os
from pathlib import Path

from filelock import FileLock, Timeout

from seedbed.errors import WorldError
from seedbed.locks import patience_s

_WAIT_S = 5.0


def own_folder(folder: Path, wait_s: float = _WAIT_S) -> FileLock:
    """Return the folder's lock, held; the same lock again for a second opener in this process.

    Raises:
        WorldError: another process still has it after `wait_s` (or `patience`), or the folder cannot be written.
    """
    path = folder / "seedbed.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, is_singleton=True, thread_local=False)
        lock.acquire(timeout=max(wait_s, patience_s()), poll_interval=0.05)
        path.write_text(f"{os.getpid()}\n")
    except Timeout as error:
        raise WorldError(
            f"store folder {folder} is in use by process {_owner(path)}; wait for it, stop it, "
            f"or serve the folder to many: SEEDBED_STORE__URL=http://127.0.0.1:PORT (docs/how-to/own-store.md)"
        ) from error
    except OSError as error:
        raise WorldError(f"store folder {folder} cannot be used: {error}; see what is wrong: seedbed doctor") from error
    return lock


def _owner(path: Path) -> str:
    try:
        return path.read_text().strip() or "(unknown)"
    except OSError:
        return "(unknown)"
