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

from seedbed.errors import UserError
from seedbed.locks import owned_lock
from seedbed.tracking.adapters.mlflow_errors import shown, translated
from seedbed.tracking.config import TrackingConfig

if TYPE_CHECKING:
    from mlflow import MlflowClient

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
            with owned_lock(home / "mlflow.lock", f"the schema of {shown(uri)}", _LOCK_TIMEOUT_S):
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
    """
    from alembic.script import ScriptDirectory

    # What `mlflow db upgrade` calls; that command itself prints, and exits the process when it fails.
    db: Any = importlib.import_module("mlflow.store.db.utils")
    engine = db.create_sqlalchemy_engine_with_retry(uri)
    try:
        if db._is_empty_database(engine):
            db._initialize_tables(engine)
            if engine.dialect.name == "sqlite":
                with engine.connect() as connection:  # kept in the file: one sync a commit, and readers never wait
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        found, wanted = db._get_schema_version(engine), db._get_latest_schema_revision()
        if found != wanted:
            ScriptDirectory.from_config(db._get_alembic_config("")).get_revision(found)  # refuses what it does not know
            if engine.dialect.name == "sqlite" and engine.url.database:
                _copy_aside(Path(engine.url.database), found)
            db._upgrade_db(engine)
    finally:
        engine.dispose()


def _copy_aside(database: Path, revision: str) -> None:
    copy = database.with_name(f"{database.name}.{revision}.bak")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
