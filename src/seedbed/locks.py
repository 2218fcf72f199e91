"""Let one process at a time do a thing, and name the one that does.

src/seedbed/locks.py - v0.1.0

The lock is the operating system's: it ends with its process, kill -9 included, and leaves no stale owner behind.

```mermaid
flowchart LR
    owned_lock --> FileLock & make_folder
    owned_lock --> patience_s
    make_folder --> WorldError
```
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from filelock import FileLock, Timeout

from seedbed.errors import WorldError

ONE_MIGRATION = threading.Lock()
"""Alembic keeps the migration that is under way in globals: in one process, one database comes after the other."""
_patience_s: ContextVar[float] = ContextVar("patience_s", default=0.0)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let every lock that is asked for in the block be waited for at least that long.

    For runs beside each other that need the same index in turn: there a lock that is held is no fault.
    """
    token = _patience_s.set(seconds)
    try:
        yield
    finally:
        _patience_s.reset(token)


def patience_s() -> float:
    """Return how long a lock is waited for here, whatever its own limit."""
    return _patience_s.get()


def make_folder(folder: Path) -> None:
    """Make a folder of the state, and those above it.

    Raises:
        WorldError: a file is in the way, or nothing may be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldError(
            f"cannot make the folder {folder}: {error.strerror}; choose another with SEEDBED_HOME=path/to/folder"
        ) from error


@contextmanager
def owned_lock(path: Path, what: str, timeout_s: float = 0.0) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs.

    Raises:
        WorldError: another process holds it after `timeout_s` seconds, or `patience`; the error names its process id.
    """
    make_folder(path.parent)
    owner = path.with_suffix(".owner")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=max(timeout_s, patience_s()))
    except Timeout:
        pid = owner.read_text().strip() if owner.is_file() else "unknown"
        raise WorldError(f"{what} is in use by process {pid}; wait until it ends, or end it: kill {pid}") from None
    except OSError as error:
        raise WorldError(
            f"cannot write {path}: {error.strerror}; mend its permissions, or choose another home"
        ) from error
    try:
        owner.write_text(f"{os.getpid()}\n")
        yield
    finally:
        lock.release()
