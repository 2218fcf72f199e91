"""Open the database of a ledger.

src/seedbed/indexing/database.py - v0.1.0

One connection does everything: on PostgreSQL the lock of an index lives and dies with the connection that commits, so
that a process which has lost the lock cannot write any more.

```mermaid
flowchart LR
    Database --> upgrade & refuse_newer
    Database --> owned_lock
    Database --> UserError & WorldError
```
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, final

from pydantic import SecretStr
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, func, inspect, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError

from seedbed.errors import UserError, WorldError, not_installed
from seedbed.indexing.migrations import is_current, is_empty, refuse_newer, upgrade
from seedbed.indexing.schema import of_one_process
from seedbed.locks import make_folder, owned_lock, patience_s

_SESSION = "-c lock_timeout={ms} -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
"""A machine that vanishes keeps the lock of its index for a minute; PostgreSQL alone would notice after two hours."""
_MIGRATION = "schema of the ledger"
_ASK_AGAIN_S = 0.2
_OWNER = text("""
    SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32 | l.objid::bigint) = :key
""")


@final
class Database:
    """SQLite in WAL mode, or PostgreSQL: tables of the newest version, and one lock for each index."""

    def __init__(self, place: Path | SecretStr, *, create: bool, timeout_s: float) -> None:
        """Open the file or the server's database; without `create`, one that is not there reads as empty."""
        url = None if isinstance(place, Path) else _url(place)
        self._file = place if isinstance(place, Path) else None
        self.name = str(place) if url is None else url.render_as_string()
        with ExitStack() as undo, self._faults_named():
            self._engine = _postgresql(url, timeout_s) if url else _sqlite(self._file, timeout_s, create=create)
            self._connection = self._engine.connect()
            undo.callback(self.close)
            refuse_newer(self._connection, self.name)
            if not create and is_empty(self._connection):
                self.close()
                self._engine = _sqlite(None, timeout_s, create=False)
                self._connection = self._engine.connect()
                create = True
            if create and not is_current(self._connection):
                self._migrate()
            of_one_process.create_all(self._connection)
            self._connection.commit()
            undo.pop_all()

    def close(self) -> None:
        """Close it; a lock that is held ends."""
        self._connection.close()
        self._engine.dispose()

    def read(self, query: Any) -> Any:
        """Return all rows of a query; no transaction stays open behind it."""
        with self._faults_named():
            result = self._connection.execute(query).freeze()()
            self._connection.rollback()
            return result

    def has(self, table: str) -> bool:
        """Tell whether there is such a table: an older ledger that this process must not write to may lack one."""
        with self._faults_named():
            return inspect(self._connection).has_table(table)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit what the block does, or nothing of it."""
        with self._faults_named():
            self._connection.rollback()
            with self._connection.begin():
                yield self._connection

    def upsert(self, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = True) -> None:
        """Add rows in one transaction; one whose key is there replaces the old one, or is left out."""
        if rows:
            with self.transaction() as connection:
                upsert_on(connection, table, rows, replace=replace)

    @contextmanager
    def owned(self, name: str) -> Iterator[None]:
        """Let no other process, on any machine that uses this ledger, write to an index meanwhile.

        Raises:
            WorldError: another process does; the error names it.
        """
        what = f"index {name!r}"
        if self._file is not None:
            with owned_lock(self._file.parent / "locks" / f"{name}.lock", what):
                yield
            return
        key = _lock_key(what)
        given_up = time.monotonic() + patience_s()
        while not self.read(select(func.pg_try_advisory_lock(key))).scalar_one():
            if time.monotonic() < given_up:
                time.sleep(_ASK_AGAIN_S)
                continue
            owner = self.read(_OWNER.bindparams(key=key)).scalar() or "a process that has just ended"
            raise WorldError(f"{what} is in use by {owner}; wait until it ends, or end it there")
        try:
            yield
        finally:
            with suppress(WorldError):  # the connection is gone, and the lock with it
                self.read(select(func.pg_advisory_unlock(key)))

    def _migrate(self) -> None:
        with self.transaction() as connection:  # one at a time: whoever comes second finds nothing left to do
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(select(func.pg_advisory_xact_lock(_lock_key(_MIGRATION))))
            if not is_current(connection):
                upgrade(connection)

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        hint = "is the disk full, or the file in use?" if self._file else "is the server up? Run again when it is"
        opened: Connection | None = getattr(self, "_connection", None)
        if opened is not None and opened.invalidated:  # SQLAlchemy would connect again, without the lock
            raise WorldError(f"the connection to the ledger {self.name} was lost; {hint}")
        try:
            yield
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
            raise WorldError(f"the ledger {self.name} cannot be used: {reason}; {hint}") from error


def upsert_on(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = True) -> None:
    """Add rows in the transaction that is open."""
    keys = list(table.primary_key.columns.keys())
    dialect = connection.dialect.name
    statement: Any = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    rest = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    if replace:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=rest)
    else:
        statement = statement.on_conflict_do_nothing()
    # In one order everywhere: two processes that note the same vectors wait for each other and never in a circle.
    connection.execute(statement, sorted(rows, key=lambda row: [row[key] for key in keys]))


def _sqlite(path: Path | None, timeout_s: float, *, create: bool) -> Engine:
    if create and path:
        make_folder(path.parent)
    place = f"sqlite:///{path}" if path and (create or path.exists()) else "sqlite://"
    engine = create_engine(place, connect_args={"timeout": timeout_s, "check_same_thread": False})
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA temp_store=MEMORY")


def _postgresql(url: URL, timeout_s: float) -> Engine:
    arguments = {
        "application_name": f"process {os.getpid()} on {socket.gethostname()}"[:63],
        "connect_timeout": max(2, round(timeout_s)),
        "keepalives_idle": 30,
        "options": _SESSION.format(ms=round(timeout_s * 1000)),
    }
    try:
        return create_engine(url, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise not_installed(f"the ledger {url.render_as_string()}", str(error.name), "postgres") from error


def _url(secret: SecretStr) -> URL:
    try:
        url = make_url(secret.get_secret_value())
    except (ArgumentError, ValueError):  # its words may hold the password
        raise UserError(
            "SEEDBED_INDEXING__LEDGER_URL cannot be read; write postgresql://user:password@host:5432/database"
        ) from None
    return url.set(drivername="postgresql+psycopg")


def _lock_key(what: str) -> int:
    return int.from_bytes(blake2b(f"seedbed {what}".encode(), digest_size=8).digest(), signed=True)
