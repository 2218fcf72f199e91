"""Append log lines to a rotating file that several processes share.

src/seedbed/logging_file.py - v0.1.0

Each line is one write to a descriptor opened with O_APPEND, under a lock file: lines of different processes never mix,
and no file grows past its bound. Who still holds a file that was rotated notices before its next line.

```mermaid
classDiagram
    Handler <|-- SharedFile
```
"""

import fcntl
import logging
import os
from pathlib import Path

logger = logging.getLogger(__name__)


class SharedFile(logging.Handler):
    """Writes to `path`; at `max_bytes` it becomes `path.1`, that `path.2`, and so on up to `num_files` files in all.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, max_bytes: int, num_files: int) -> None:
        super().__init__()
        self._path, self._max_bytes, self._num_files = path, max_bytes, num_files
        self._has_failed = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor: int | None = self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            data = f"{self.format(record)}\n".encode()
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                os.write(self._current(len(data)), data)
        except OSError as error:
            if not self._has_failed:
                self._has_failed = True  # first: the warning comes back here
                logger.warning("log_file_unwritable", extra={"path": self._path, "reason": error.strerror})

    def close(self) -> None:
        """Close the file; `logging.config` does so to every handler there is, so a later line opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        super().close()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _current(self, num_bytes: int) -> int:
        """Return a descriptor of the file that is at `path` now and has room for the line."""
        while True:
            if self._descriptor is None:
                self._descriptor = self._open()
            if self._has_room(self._descriptor, num_bytes):
                return self._descriptor
            os.close(self._descriptor)
            self._descriptor = None

    def _has_room(self, descriptor: int, num_bytes: int) -> bool:
        """Tell whether the line may go there; a full file that is still in its place is rotated."""
        if not self._is_at_path(descriptor):
            return False
        size = os.fstat(descriptor).st_size
        if size == 0 or size + num_bytes <= self._max_bytes:
            return True
        self._shift()
        return False

    def _is_at_path(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def _shift(self) -> None:
        names = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, self._num_files))]
        names[-1].unlink(missing_ok=True)
        for older, newer in zip(names[:0:-1], names[-2::-1], strict=True):
            if newer.exists():
                newer.rename(older)
