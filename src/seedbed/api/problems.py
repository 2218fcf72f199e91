"""Say over HTTP what went wrong, as RFC 9457 has it.

src/seedbed/api/problems.py - v0.1.0

What the world did wrong is written to the log and not to the caller: such texts name folders, addresses and servers.

```mermaid
flowchart LR
    install --> on_http & on_invalid & on_user & on_world
    on_invalid --> problem
    problem --> Problem & Response
```
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from seedbed import logging_format
from seedbed.errors import UserError, WorldError
from seedbed.logging_format import shortened
from seedbed.logging_redaction import redact_text
from seedbed.missing import MissingError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
_MAX_FAULTS = 20
_MAX_CHARS = 300


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(examples=["body.query"])
    what: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "there is no run 'beef' in this store. Next: seedbed runs",
                    "request_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                    "errors": [],
                }
            ]
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[Fault] = []


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, errors: Sequence[Fault] = ()
) -> Response:
    """Return the response that says it."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=redact_text(shortened(detail, 2000)),
        request_id=logging_format.request_id.get(),
        errors=list(errors),
    )
    return Response(body.model_dump_json(), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every fault that a route raises be answered as a problem; a crash is answered by RequestContext."""
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(UserError, on_user)
    app.add_exception_handler(WorldError, on_world)


async def on_http(_: Request, error: Exception) -> Response:
    """Answer what a route, or the router, refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - the signature is Starlette's
    return problem(error.status_code, error.detail, headers=error.headers)


async def on_invalid(_: Request, error: Exception) -> Response:
    """Answer a request that does not have the form that is asked for; what was sent is not sent back."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [_fault(each) for each in error.errors()[:_MAX_FAULTS]]
    return problem(422, "the request does not have the form that is described; errors says where", errors=faults)


async def on_user(_: Request, error: Exception) -> Response:
    """Answer what the caller can mend."""
    return problem(404 if isinstance(error, MissingError) else 400, str(error))


async def on_world(_: Request, error: Exception) -> Response:
    """Answer that something outside failed."""
    logger.error("dependency_failed", extra={"reason": str(error)})
    return problem(
        503,
        "something that this needs does not do its work; the log has the reason under this request id",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _fault(error: Mapping[str, Any]) -> Fault:
    where = ".".join(str(part) for part in error["loc"])
    return Fault(where=shortened(where, _MAX_CHARS), what=shortened(str(error["msg"]), _MAX_CHARS))


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer with these, beside those that any may."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({400, 408, 413, 422, 500, 503, *statuses})
    }
