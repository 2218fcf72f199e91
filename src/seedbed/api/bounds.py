"""Bound what one request may send, and how long it may take.

src/seedbed/api/bounds.py - v0.1.0

The body is read whole before anybody looks at it: it is short, and a client that sends slowly holds no thread.
A route whose answers take longer moves the time limit, which stands in the scope.

```mermaid
flowchart LR
    Bounds --> _body & problem
    _body --> TooLongError
```
"""

import asyncio
import logging
from typing import final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seedbed.api.problems import RETRY_AFTER_S, problem

logger = logging.getLogger(__name__)

REQUEST_S = 60.0
DOWNLOAD_S = 900.0
BODY_S = 30.0
_LIMIT = "seedbed.time_limit"
_CLOSE = {"Connection": "close"}


def allow(scope: Scope, seconds: float) -> None:
    """Let the answer to this request take so long from now on."""
    limit: asyncio.Timeout | None = scope.get(_LIMIT)
    if limit is not None:
        limit.reschedule(asyncio.get_running_loop().time() + seconds)


class TooLongError(Exception):
    """The body has more bytes than are taken."""


@final
class Bounds:
    """Refuses long bodies (413), slow ones (408), and ends what takes too long (503)."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, request_s: float = REQUEST_S, body_s: float = BODY_S) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._request_s, self._body_s = request_s, body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say which bound it met."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = False

        async def send_noted(message: Message) -> None:
            nonlocal is_started
            is_started = True
            await send(message)

        refusal, began = None, asyncio.get_running_loop().time()
        request_limit = asyncio.timeout(self._request_s)
        body_limit = asyncio.timeout(self._body_s)
        try:
            async with request_limit:
                async with body_limit:
                    body = await self._body(scope, receive)
                if body is not None:
                    scope[_LIMIT] = request_limit
                    await self._app(scope, _replayed(body, receive), send_noted)
        except TooLongError:
            refusal = problem(413, f"a body has at most {self._max_body_bytes} bytes", headers=_CLOSE)
        except TimeoutError:
            if body_limit.expired():
                refusal = problem(408, f"the body did not arrive within {self._body_s:g} s", headers=_CLOSE)
            elif not request_limit.expired():
                raise
            else:
                held_s = (request_limit.when() or began) - began
                if is_started:  # nobody reads it: an error would not be read either
                    logger.info("answer_cut", extra={"limit_s": round(held_s, 3)})
                else:
                    retry = {"Retry-After": str(RETRY_AFTER_S)}
                    refusal = problem(503, f"no answer within {held_s:.3g} s", headers=retry)
        if refusal is not None:
            await refusal(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the body; None when the client has gone."""
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._max_body_bytes:
            raise TooLongError
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._max_body_bytes:
                raise TooLongError
            if not message.get("more_body", False):
                return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
