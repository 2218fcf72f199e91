"""Copy a home folder while others work in it.

src/seedbed/backup/snapshot.py - v0.1.0

The order makes it consistent: ledger and embedded store under the store's lock, then vectors, which come to the disk
before their ledger rows; unsent runs before the run store that they move to; the run store before its artefacts.

```mermaid
flowchart LR
    copy_state --> own_folder & ArchiveWriter
    copy_state --> Database
```
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import final

from seedbed.backup.archive import ArchiveWriter
from seedbed.errors import WorldError
from seedbed.stores.folder_lock import own_folder

STORES = ("chroma", "qdrant")
"""Folders of embedded stores: one process at a time."""
SNAPSHOTS = "snapshots"
"""Folder of what was taken out of a store's server; it is emptied as a restore puts it back."""

IDENTITY = "backup.id"
"""File of the number that tells backups of this home folder from others; no backup holds it, so a copy gets another."""

type Save = Callable[[Sequence[str], Path], Iterator[tuple[str, Path]]]
"""Take collections out of a server: names and a folder for files → (name, file) of those that it has."""

_BEFORE_RUNS, _AFTER_RUNS = ("vectors", "models", "dead_letter", "unsent"), ("artifacts",)
_SKIPPED = ("*/seedbed.lock", "qdrant/.lock", "vectors/*.partial", "models/*.incomplete")


@final
@dataclass(frozen=True, slots=True)
class Database:
    """An SQLite file of the home folder: what to ask its copy, by the name of the answer."""

    name: str
    counts: Mapping[str, str]
    running: str | None = None
    """A query for the ids of what is not finished."""
    collections: str | None = None
    """A query for the collections it speaks of."""


@final
@dataclass(frozen=True, slots=True)
class Facts:
    """What the copied databases say."""

    counts: dict[str, int]
    running: list[str]
    collections: list[str]
    left_out: list[str]


def copy_state(
    home: Path,
    ledger: Database,
    runs: Database,
    writer: ArchiveWriter,
    scratch: Path,
    *,
    save: Save | None,
    wait_s: float,
) -> Facts:
    """Write everything that state means; `scratch` is an empty folder for copies of databases.

    Raises:
        WorldError: a process keeps an embedded store longer than `wait_s`, or a database is damaged.
    """
    facts = Facts({}, [], [], [])
    with ExitStack() as locks:
        for store in STORES:
            if (home / store).is_dir():
                locks.callback(own_folder(home / store, wait_s).release)
        _copy_database(home, ledger, writer, scratch, facts)
        for store in STORES:
            _copy_folder(home, store, writer)
    if save:
        _copy_served(save, facts, writer, scratch)
    for name in _BEFORE_RUNS:
        _copy_folder(home, name, writer)
    _copy_database(home, runs, writer, scratch, facts)
    for name in _AFTER_RUNS:
        _copy_folder(home, name, writer)
    return facts


def _copy_database(home: Path, database: Database, writer: ArchiveWriter, scratch: Path, facts: Facts) -> None:
    source, copy = home / database.name, scratch / database.name
    if not source.is_file():
        return
    try:
        # `mode=rw` makes no file; the copy is one transaction's view, and in WAL mode no writer waits for it
        address = f"{source.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=60)) as live, closing(sqlite3.connect(copy)) as target:
            live.backup(target)
            if (state := target.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise WorldError(f"{source} is damaged: {state}; restore an earlier backup: seedbed restore")
            facts.counts.update({name: target.execute(query).fetchone()[0] for name, query in database.counts.items()})
            if database.running:
                facts.running.extend(row[0] for row in target.execute(database.running))
            if database.collections:
                facts.collections.extend(row[0] for row in target.execute(database.collections))
    except sqlite3.Error as error:
        raise WorldError(f"{source} cannot be copied: {error}; is the disk of the backup full?") from error
    writer.add(database.name, copy)
    copy.unlink()


def _copy_served(save: Save, facts: Facts, writer: ArchiveWriter, scratch: Path) -> None:
    """Copy a server's collections after the ledger that speaks of them; without them they can be filled again."""
    if not facts.collections:
        facts.left_out.append("collections in the store's server: no ledger in this backup names one")
    try:
        for name, file in save(facts.collections, scratch):
            writer.add(f"{SNAPSHOTS}/{name}.snapshot", file)
            file.unlink()
    except WorldError as error:
        facts.left_out.append(f"collections, because {error}; the next index run fills them from this backup's vectors")


def _copy_folder(home: Path, name: str, writer: ArchiveWriter) -> None:
    for path, source in sorted(_files(home, name)):
        writer.add(path, source)


def _files(home: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Yield (path below home, file to read); a file that links lead to is read under their names alone."""
    root = (home / name).resolve()
    linked: set[Path] = set()
    plain: list[tuple[str, Path]] = []
    for path in (home / name).rglob("*"):
        relative = path.relative_to(home).as_posix()
        if any(fnmatch(relative, pattern) for pattern in _SKIPPED):
            continue
        if path.is_symlink():  # the model hub's cache: snapshots that point at blobs
            if path.is_file() and (source := path.resolve()).is_relative_to(root):
                linked.add(source)
                yield relative, source
        elif path.is_file():
            plain.append((relative, path))
    yield from ((relative, path) for relative, path in plain if path.resolve() not in linked)
