"""Make the first tables of a ledger.

src/seedbed/indexing/migrations/versions/v0001_first.py - v0.1.0

A ledger from before the migrations has most or all of them; what is there stays as it is.

```mermaid
flowchart LR
    upgrade --> op
```
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables that are not there."""
    key = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "collections",
        sa.Column("name", key, primary_key=True),
        sa.Column("alias", key, nullable=False),
        sa.Column("encoder", sa.String, nullable=False),
        sa.Column("config", sa.String, nullable=False),
        sa.Column("data_digest", sa.String, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "aliases",
        sa.Column("alias", key, primary_key=True),
        sa.Column("collection", key, nullable=False),
        sa.Column("previous", key),
        sa.Column("sequence", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "points",
        sa.Column("collection", key, primary_key=True),
        sa.Column("point_id", key, primary_key=True),
        sa.Column("document_id", key, nullable=False),
        sa.Column("content_digest", sa.String, nullable=False),
        sa.Column("vector_key", key, nullable=False),
        sa.Column("stored", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index("points_by_document", "points", ["collection", "document_id"], if_not_exists=True)
    op.create_table(
        "vectors",
        sa.Column("vector_key", key, primary_key=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("truncated", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "rates",
        sa.Column("encoder", key, primary_key=True),
        sa.Column("characters_per_s", sa.Float, nullable=False),
        if_not_exists=True,
    )
