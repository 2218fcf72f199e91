"""Open an MLflow store.

src/seedbed/tracking/adapters/mlflow_client.py - v0.1.0

MLflow reads its environment at import and at every request, so this module sets it first and imports late.

```mermaid
flowchart LR
    connect --> set_environment & migrate & MlflowClient
    connect --> owned_lock
```
"""

import importlib
import logging
import os
import sqlite3
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from seedbed.errors import UserError, WorldError
from seedbed.locks import ONE_MIGRATION, owned_lock
from seedbed.tracking.adapters.mlflow_errors import shown, translated
from seedbed.tracking.config import TrackingConfig

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from sqlalchemy import Engine

_SCHEMES = ("http", "https", "mssql", "mysql", "postgresql", "sqlite")

_NUM_RETRIES = 1
"""A server that is away is noticed within two timeouts; what it misses is spooled."""

_LOCK_TIMEOUT_S = 300.0
"""Longer than the slowest migration of a large store that somebody else may be running."""


def tracking_uri(config: TrackingConfig, home: Path) -> str:
    """Return the configured address, or the SQLite store under the home folder.

    Raises:
        UserError: the address is of no kind that a run can be written to, or a password would travel in clear text.
    """
    uri = config.uri or f"sqlite:///{(home / 'mlflow.db').absolute()}"
    if uri.partition("://")[0].partition("+")[0] not in _SCHEMES:
        raise UserError(
            f"tracking address {shown(uri)!r} is of no known kind; it starts with one of {_SCHEMES} and '://'. "
            "Example: SEEDBED_TRACKING__URI=http://127.0.0.1:5000"
        )
    if config.password is not None and uri.startswith("http://") and not _is_loopback(uri):
        raise UserError(
            f"the password would travel to {shown(uri)} in clear text; allowed is https: SEEDBED_TRACKING__URI=https://…"
        )
    return uri


def _is_loopback(uri: str) -> bool:
    host = urlsplit(uri).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_server(uri: str) -> bool:
    """Tell a server, which keeps artefacts by itself, from a database opened directly."""
    return uri.startswith(("http://", "https://"))


def connect(config: TrackingConfig, home: Path) -> "MlflowClient":
    """Return a client of the store, which exists and has the schema of the installed MLflow afterwards.

    Raises:
        UserError: the address is of no kind that MLflow knows, or the store is newer than the installed MLflow.
        WorldError: the database cannot be opened.
    """
    uri = tracking_uri(config, home)
    set_environment(config)
    with translated(uri):
        from mlflow import MlflowClient

        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        if not is_server(uri):
            schema, file = f"the schema of {shown(uri)}", _file_of(uri) or home / "mlflow.db"
            with owned_lock(file.with_suffix(".lock"), schema, _LOCK_TIMEOUT_S), ONE_MIGRATION:
                migrate(uri)
        return MlflowClient(tracking_uri=uri)


def set_environment(config: TrackingConfig) -> None:
    """Keep MLflow quiet, at home and impatient."""
    os.environ |= {
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(max(1, round(config.timeout_s))),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(_NUM_RETRIES),
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    }
    if config.username is not None and config.password is not None:
        os.environ["MLFLOW_TRACKING_USERNAME"] = config.username
        os.environ["MLFLOW_TRACKING_PASSWORD"] = config.password.get_secret_value()


def migrate(uri: str) -> None:
    """Create the tables of a new store and bring those of an older one up to date; the caller holds the lock.

    An SQLite file is copied aside before an older schema is touched.

    Raises:
        WorldError: an SQLite store cannot be brought up to date; it is as it was.
    """
    from alembic.script import ScriptDirectory

    # What `mlflow db upgrade` calls; that command itself prints, and exits the process when it fails.
    db: Any = importlib.import_module("mlflow.store.db.utils")
    engine = db.create_sqlalchemy_engine_with_retry(uri)
    try:
        is_new = db._is_empty_database(engine)
        found = None if is_new else db._get_schema_version(engine)
        if found == db._get_latest_schema_revision():
            return
        if found is not None:
            ScriptDirectory.from_config(db._get_alembic_config("")).get_revision(found)  # refuses what it does not know
        if (file := _file_of(uri)) is None:
            _bring_up_to_date(db, engine, is_new)
            return
    finally:
        engine.dispose()
    _bring_file_up_to_date(db, uri, file, found, is_new)


def _file_of(uri: str) -> Path | None:
    """Return the file of an SQLite store that has one under a plain name."""
    from sqlalchemy import make_url

    url = make_url(uri)
    name = url.database or ""
    return Path(name) if url.get_backend_name() == "sqlite" and name and not name.startswith((":", "file:")) else None


def _bring_up_to_date(db: Any, engine: "Engine", is_new: bool) -> None:
    if is_new:
        db._initialize_tables(engine)
    else:
        db._upgrade_db(engine)


def _bring_file_up_to_date(db: Any, uri: str, database: Path, revision: str | None, is_new: bool) -> None:
    """Work on a copy and write it over the file in one transaction.

    A step of a migration is no transaction in SQLite: killed on the way, none of them could be made again.
    """
    from sqlalchemy import make_url

    copy = database.with_name(f"{database.name}.new")
    for suffix in ("", "-wal", "-shm", "-journal"):  # what a process left that was killed here
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as live:
        before = _num_writes(live)
        if not is_new:
            _copy(live, database.with_name(f"{database.name}.{revision or 'half-made'}.bak"))
            _copy(live, copy)
        engine = db.create_sqlalchemy_engine(make_url(uri).set(database=str(copy)).render_as_string(False))
        try:
            _bring_up_to_date(db, engine, is_new)
            with engine.connect() as connection:  # kept in the file: one sync a commit, and readers never wait
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except Exception as error:
            raise WorldError(
                f"the tables of {database} cannot be made: {' '.join(str(error).split())[:300]}; it is as it was. "
                "Next: install the versions that wrote it (uv.lock), or move it away"
            ) from error
        finally:
            engine.dispose()
        if _num_writes(live) != before:
            raise WorldError(
                f"another process wrote to {database} while its tables were brought up to date; "
                "the file is as that process left it. End that process, then try again"
            )
        with closing(sqlite3.connect(copy)) as changed:
            changed.backup(live)
    copy.unlink()


def _copy(database: sqlite3.Connection, to: Path) -> None:
    with closing(sqlite3.connect(to)) as target:
        database.backup(target)


def _num_writes(database: sqlite3.Connection) -> int:
    """Return a number that differs once another connection has written."""
    (number,) = database.execute("PRAGMA data_version").fetchone()
    return int(number)
