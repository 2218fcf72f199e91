"""Name the whole content of files and folders, reading again only what has changed.

src/seedbed/tracking/digest_cache.py - v0.1.0

A digest counts while inode, size and both times of its file stay; the change time cannot be set back, as `touch -r`
sets the other. A file that changed within the last two seconds is not remembered: it could change in the same tick.

```mermaid
flowchart LR
    DigestCache --> digest_file & digest_stream
    DigestCache --> UserError
```
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import batched
from pathlib import Path
from typing import NamedTuple

from seedbed.digests import digest_file, digest_stream
from seedbed.errors import UserError, WorldError

logger = logging.getLogger(__name__)

_TABLE = "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, state TEXT NOT NULL, digest TEXT NOT NULL)"
_SETTLED_NS = 2_000_000_000
_ASKED_AT_ONCE = 500


class _File(NamedTuple):
    path: str
    state: str
    """What changes when the content does."""
    changed_ns: int


class DigestCache:
    """Digests of what was read before, in one SQLite file that processes share."""

    def __init__(self, database: Path, of_file: Callable[[Path], str] | None = None, kind: str = "") -> None:
        """Remember in `database`, which need not exist; where it cannot be written, everything is read each time.

        `of_file` makes another digest of a file than ours, and `kind` keeps them apart.
        """
        self._database = database
        self._of_file = of_file
        self._kind = kind

    def digest(self, path: Path, *, verify: bool = False) -> str:
        """Return the digest of a file, or of the names and contents of all files below a folder.

        `verify` reads everything again, whatever is remembered.

        Raises:
            UserError: there is nothing at that path.
            WorldError: a file cannot be read.
        """
        listed = self.listing(path, verify=verify)
        if list(listed) == ["."]:
            return listed["."]
        return digest_stream(part for pair in listed.items() for part in pair)

    def listing(self, path: Path, *, verify: bool = False) -> dict[str, str]:
        """Return the digest of every file below a folder by its path in there; of a file as `.`."""
        path = path.expanduser().absolute()
        if not path.exists():
            raise UserError(f"there is no file or folder {str(path)!r}; check the path")
        try:
            files = sorted(_files(path))
            digests = self._digests(files, verify)
        except OSError as error:
            raise WorldError(f"cannot read {error.filename}: {error.strerror}; check permissions and disk") from error
        return {os.path.relpath(file.path, path): digests[file.path] for file in files}

    def _digests(self, files: list[_File], verify: bool) -> dict[str, str]:
        known = {} if verify else self._known(files)
        now = time.time_ns()
        of_file = self._of_file or digest_file
        read = {file: of_file(Path(file.path)) for file in files if file.path not in known}
        self._remember({file: text for file, text in read.items() if now - file.changed_ns > _SETTLED_NS})
        return known | {file.path: text for file, text in read.items()}

    def _known(self, files: list[_File]) -> dict[str, str]:
        wanted = {self._key(file): file for file in files}
        found: dict[str, str] = {}
        try:
            with self._opened() as connection:
                for some in batched(wanted, _ASKED_AT_ONCE):
                    marks = ",".join("?" * len(some))
                    rows = connection.execute(f"SELECT path, state, digest FROM files WHERE path IN ({marks})", some)  # noqa: S608  # nosec B608
                    found |= {wanted[key].path: digest for key, state, digest in rows if wanted[key].state == state}
        except (sqlite3.Error, OSError) as error:
            logger.warning("digest_cache_unusable", extra={"database": str(self._database), "reason": str(error)})
        return found

    def _remember(self, read: Mapping[_File, str]) -> None:
        if not read:
            return
        rows = [(self._key(file), file.state, digest) for file, digest in read.items()]
        try:
            with self._opened() as connection:
                connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)
        except (sqlite3.Error, OSError) as error:
            logger.warning("digest_cache_unusable", extra={"database": str(self._database), "reason": str(error)})

    def _key(self, file: _File) -> str:
        # A name need not be text; where two become the same here, the state keeps them apart.
        return f"{self._kind}{file.path}".encode(errors="backslashreplace").decode()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._database.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._database, timeout=5)) as connection, connection:
            connection.execute(_TABLE)
            yield connection


def _files(path: Path) -> Iterator[_File]:
    if path.is_file():
        yield _file(str(path), path.stat())
        return
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(Path(entry.path))
            elif entry.is_file():  # not: a socket, a pipe, a link to nothing
                yield _file(entry.path, entry.stat())


def _file(path: str, stat: os.stat_result) -> _File:
    state = f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"
    return _File(path, state, max(stat.st_mtime_ns, stat.st_ctime_ns))
