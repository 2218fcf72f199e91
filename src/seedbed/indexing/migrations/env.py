"""Run migrations on the connection that Alembic was given.

src/seedbed/indexing/migrations/env.py - v0.1.0

Alembic executes this file by its path; whoever opened the transaction commits it.

```mermaid
flowchart LR
    context --> metadata
```
"""

from alembic import context

from seedbed.indexing.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
