"""Remember documents that are stored whole, so that they need not be cut again.

src/seedbed/indexing/migrations/versions/v0002_documents.py - v0.1.0

```mermaid
flowchart LR
    upgrade --> op
```
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; it is empty, so the next run cuts every document once more and embeds none."""
    key = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "documents",
        sa.Column("collection", key, primary_key=True),
        sa.Column("document_id", key, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
