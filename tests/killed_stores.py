"""Open stores again and again, killed each time before another statement, and at last undisturbed.

tests/killed_stores.py - v0.1.0

A program of its own, because it forks: MLflow is imported once for all of its processes.
"""

import os
import signal
import sys
from itertools import count

from mlflow.store.db.utils import _get_latest_schema_revision
from sqlalchemy import Engine, event

from seedbed.tracking.adapters.mlflow_client import migrate


def killed_at(uri: str, statement: int) -> None:
    """Open the store in a process that kills itself before that statement."""
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            raise SystemExit(f"statement {statement} was not reached")
        return
    statements = count(1)

    def die(*_: object) -> None:
        if next(statements) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", die)
    migrate(uri)
    os._exit(0)


if __name__ == "__main__":
    for told in sys.argv[1:]:
        address, _, moments = told.partition(" ")
        for moment in moments.split():
            killed_at(address, int(moment))
        migrate(address)
    print(_get_latest_schema_revision())
