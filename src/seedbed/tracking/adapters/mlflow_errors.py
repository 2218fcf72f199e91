"""Say in one line what MLflow's exceptions mean, whose fault they are and what to do next.

src/seedbed/tracking/adapters/mlflow_errors.py - v0.1.0

```mermaid
flowchart LR
    translated --> UserError
    translated --> WorldError
```
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from seedbed.errors import SeedbedError, UserError, WorldError

USER_CODES = frozenset(
    {
        "ALREADY_EXISTS",
        "BAD_REQUEST",
        "INVALID_PARAMETER_VALUE",
        "INVALID_STATE",
        "NOT_FOUND",
        "RESOURCE_ALREADY_EXISTS",
        "RESOURCE_CONFLICT",
        "RESOURCE_DOES_NOT_EXIST",
    }
)
"""Codes for what asking again does not mend."""

CREDENTIAL_CODES = frozenset({"CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED", "UNAUTHENTICATED"})


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Raise what MLflow, SQLAlchemy, requests or the disk raise inside the block as UserError or WorldError."""
    try:
        yield
    except SeedbedError:
        raise
    except Exception as error:
        known = _translate(error, shown(uri))
        if known is None:
            raise
        raise known from error


def shown(uri: str) -> str:
    """Return the address without user name, password and query.

    >>> shown("postgresql://me:secret@db:5432/mlflow?sslmode=require")
    'postgresql://db:5432/mlflow'
    """
    parts = urlsplit(uri)
    return (
        uri if parts.scheme.startswith("sqlite") else f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    )


def _translate(error: Exception, where: str) -> SeedbedError | None:
    from alembic.util.exc import CommandError
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    if isinstance(error, MlflowException):
        return _from_mlflow(error.error_code, str(error.message), where)
    if isinstance(error, CommandError):
        return _from_mlflow("INVALID_STATE", str(error), where)
    if isinstance(error, RequestException | SQLAlchemyError | OSError):
        return _away(str(error) or type(error).__name__, where)
    return None


def _from_mlflow(code: str, message: str, where: str) -> SeedbedError:
    line = _one_line(message, where)
    if code in CREDENTIAL_CODES or "error code 401" in message or "error code 403" in message:
        return UserError(
            f"tracking store {where} refuses these credentials: {line}; "
            "set SEEDBED_TRACKING__USERNAME and SEEDBED_TRACKING__PASSWORD"
        )
    if "out-of-date database schema" in message or "Can't locate revision" in message:
        return UserError(
            f"tracking store {where} was written by a newer MLflow: {line}; install the versions of uv.lock (make demo)"
        )
    if code in USER_CODES:
        return UserError(f"tracking store {where}: {line}")
    return _away(message, where)


def _away(message: str, where: str) -> WorldError:
    return WorldError(
        f"tracking store {where} does not do its work: {_one_line(message, where)}; "
        "see whether it runs (seedbed doctor), or choose another by SEEDBED_TRACKING__URI"
    )


def _one_line(message: str, where: str) -> str:
    """Keep the head of the message; addresses inside it may carry credentials and are cut out."""
    text = " ".join(message.split())
    text = re.sub(r"\b[a-z][a-z0-9+]*://[^\s'\"]*@[^\s'\")]*", where, text)
    return text if len(text) <= 300 else text[:297] + "..."
