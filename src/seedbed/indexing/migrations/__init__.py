"""Bring the tables of a ledger to the version that this program reads.

src/seedbed/indexing/migrations/__init__.py - v0.1.0

Alembic runs env.py and the files in versions/; nothing imports them.

```mermaid
flowchart LR
    upgrade --> command
    refuse_newer --> version_of --> UserError
```
"""

from sqlalchemy import Connection, inspect, text

from seedbed.errors import UserError
from seedbed.indexing.schema import SCHEMA_VERSION
from seedbed.locks import ONE_MIGRATION


def is_empty(connection: Connection) -> bool:
    """Tell whether nobody has made a ledger there yet."""
    return not inspect(connection).has_table("points")


def is_current(connection: Connection) -> bool:
    """Tell whether no migration is left to run; a ledger from before the migrations has them all to run."""
    return inspect(connection).has_table("alembic_version") and version_of(connection) == SCHEMA_VERSION


def version_of(connection: Connection) -> int:
    """Return the number of the last migration, 0 where none was run."""
    if connection.dialect.name == "sqlite":  # there the number is older than the migrations
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if not inspect(connection).has_table("alembic_version"):
        return 0
    return int(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or 0)


def refuse_newer(connection: Connection, name: str) -> None:
    """Refuse a ledger that a newer program has migrated.

    Raises:
        UserError: its version is above this program's.
    """
    if (version := version_of(connection)) > SCHEMA_VERSION:
        raise UserError(
            f"the ledger {name} has schema {version}, this Seedbed reads {SCHEMA_VERSION}; "
            "install the newer Seedbed, or choose another SEEDBED_HOME or SEEDBED_INDEXING__LEDGER_URL"
        )


def upgrade(connection: Connection) -> None:
    """Run the migrations that are left, in the transaction that is open."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "seedbed.indexing:migrations")
    config.attributes["connection"] = connection
    with ONE_MIGRATION:
        command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":  # programs from before the migrations look only at this
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
