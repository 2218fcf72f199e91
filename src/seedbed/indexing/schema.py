"""Lay out the tables of the ledger.

src/seedbed/indexing/schema.py - v0.1.0

A change here needs a migration of its own in migrations/versions, and the next SCHEMA_VERSION.

```mermaid
flowchart LR
    metadata --> collections & aliases & documents & points & vectors & rates
    of_one_process --> seen & met
```
"""

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table

SCHEMA_VERSION = 2
"""The newest migration; on SQLite also `PRAGMA user_version`."""

COUNTS = {
    "documents": "SELECT count(DISTINCT collection || ' ' || document_id) FROM points WHERE stored",
    "chunks": "SELECT count(*) FROM points WHERE stored",
    "vectors": "SELECT count(*) FROM vectors",
}
"""What to say of a ledger's file."""
COLLECTIONS = "SELECT name FROM collections ORDER BY name"
"""Which collections a ledger's file speaks of."""

_Key = String().with_variant(String(collation="C"), "postgresql")
"""Compared byte by byte, as SQLite does: faster than by a language's rules, and the same order everywhere."""

metadata = MetaData()
of_one_process = MetaData()

collections = Table(
    "collections",
    metadata,
    Column("name", _Key, primary_key=True, comment="physical collection in the store"),
    Column("alias", _Key, nullable=False, comment="name that people use"),
    Column("encoder", String, nullable=False, comment="digest of fingerprint and chunker"),
    Column("config", String, nullable=False, comment="JSON: fingerprint, chunker, query prompt"),
    Column("data_digest", String, nullable=False, default="", comment="corpus at the last green state"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("alias", _Key, primary_key=True),
    Column("collection", _Key, nullable=False, comment="the collection that searches see"),
    Column("previous", _Key, comment="the collection that searches saw before"),
    Column("sequence", Integer, nullable=False, comment="grows with every green run; the highest is the newest index"),
)

documents = Table(
    "documents",
    metadata,
    Column("collection", _Key, primary_key=True),
    Column("document_id", _Key, primary_key=True),
    Column("digest", String, nullable=False, comment="of the content whose chunks were all stored"),
    sqlite_with_rowid=False,
)

points = Table(
    "points",
    metadata,
    Column("collection", _Key, primary_key=True),
    Column("point_id", _Key, primary_key=True),
    Column("document_id", _Key, nullable=False),
    Column("content_digest", String, nullable=False),
    Column("vector_key", _Key, nullable=False),
    Column("stored", Boolean, nullable=False, comment="False: on its way; the store may or may not have it"),
    Index("points_by_document", "collection", "document_id"),
    sqlite_with_rowid=False,
)

vectors = Table(
    "vectors",
    metadata,
    Column("vector_key", _Key, primary_key=True),
    Column("file", String, nullable=False, comment="Parquet file below <home>/vectors"),
    Column("row", Integer, nullable=False),
    Column("truncated", Boolean, nullable=False, comment="the text was longer than the model's limit"),
    sqlite_with_rowid=False,
)

rates = Table(
    "rates",
    metadata,
    Column("encoder", _Key, primary_key=True, comment="digest of fingerprint and chunker"),
    Column("characters_per_s", Float, nullable=False, comment="of the last run that embedded enough to tell"),
)

seen = Table(
    "seen",
    of_one_process,
    Column("point_id", _Key, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

met = Table(
    "met",
    of_one_process,
    Column("document_id", _Key, primary_key=True),
    Column("digest", String, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
