"""Lay out the tables of the ledger.

src/seedbed/indexing/schema.py - v0.1.0

```mermaid
flowchart LR
    metadata --> collections & aliases & points & vectors & rates & seen
```
"""

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table

SCHEMA_VERSION = 1

COUNTS = {
    "documents": "SELECT count(DISTINCT collection || ' ' || document_id) FROM points WHERE stored",
    "chunks": "SELECT count(*) FROM points WHERE stored",
    "vectors": "SELECT count(*) FROM vectors",
}
"""What to say of a ledger's file."""
COLLECTIONS = "SELECT name FROM collections ORDER BY name"
"""Which collections a ledger's file speaks of."""

metadata = MetaData()

collections = Table(
    "collections",
    metadata,
    Column("name", String, primary_key=True, comment="physical collection in the store"),
    Column("alias", String, nullable=False, comment="name that people use"),
    Column("encoder", String, nullable=False, comment="digest of fingerprint and chunker"),
    Column("config", String, nullable=False, comment="JSON: fingerprint, chunker, query prompt"),
    Column("data_digest", String, nullable=False, default="", comment="corpus at the last green state"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("alias", String, primary_key=True),
    Column("collection", String, nullable=False, comment="the collection that searches see"),
    Column("previous", String, comment="the collection that searches saw before"),
    Column("sequence", Integer, nullable=False, comment="grows with every green run; the highest is the newest index"),
)

points = Table(
    "points",
    metadata,
    Column("collection", String, primary_key=True),
    Column("point_id", String, primary_key=True),
    Column("document_id", String, nullable=False),
    Column("content_digest", String, nullable=False),
    Column("vector_key", String, nullable=False),
    Column("stored", Boolean, nullable=False, comment="False: on its way; the store may or may not have it"),
    Index("points_by_document", "collection", "document_id"),
    sqlite_with_rowid=False,
)

vectors = Table(
    "vectors",
    metadata,
    Column("vector_key", String, primary_key=True),
    Column("file", String, nullable=False, comment="Parquet file below <home>/vectors"),
    Column("row", Integer, nullable=False),
    Column("truncated", Boolean, nullable=False, comment="the text was longer than the model's limit"),
    sqlite_with_rowid=False,
)

rates = Table(
    "rates",
    metadata,
    Column("encoder", String, primary_key=True, comment="digest of fingerprint and chunker"),
    Column("characters_per_s", Float, nullable=False, comment="of the last run that embedded enough to tell"),
)

seen = Table(
    "seen",
    metadata,
    Column("point_id", String, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
