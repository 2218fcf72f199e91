"""Give every request an id, and one line in the log.

src/seedbed/api/request_id.py - v0.1.0

Pure ASGI: Starlette's BaseHTTPMiddleware runs the application in a task of its own, which loses context variables.

```mermaid
flowchart LR
    RequestContext --> request_id_of & bind_request
    RequestContext --> Metrics
    RequestContext --> problem
```
"""

import logging
import re
import time
from typing import final
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seedbed.api.metrics import Metrics
from seedbed.api.problems import problem
from seedbed.logging_config import bind_request

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_QUIET = frozenset({"/health", "/ready", "/metrics"})
"""Asked every few seconds by machines."""
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_RAW_NAME = HEADER.lower().encode()


def request_id_of(headers: Headers) -> str:
    """Return the caller's id when it is harmless, else the trace id of `traceparent`, else a new one.

    >>> request_id_of(Headers({"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}))
    '4bf92f3577b34da6a3ce929d0e0e4736'
    """
    given = headers.get(HEADER, "")
    if _ID.fullmatch(given):
        return given
    trace = _TRACEPARENT.fullmatch(headers.get("traceparent", "")[:200])
    return trace[1] if trace else uuid4().hex


@final
class RequestContext:
    """Wraps the application: id, security headers, log line, numbers, and an answer when it crashes."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, status, started = request_id_of(Headers(scope=scope)), 0, time.perf_counter()

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                there = {name for name, _ in message["headers"]}
                added = [(name, value) for name, value in _RAW_HEADERS if name not in there]
                message["headers"] = [*message["headers"], *added, (_RAW_NAME, request_id.encode())]
            await send(message)

        with bind_request(request_id), self._metrics.in_flight.track_inprogress():
            try:
                await self._app(scope, receive, send_marked)
            except Exception:
                logger.exception("request_crashed")
                if status == 0:
                    crashed = problem(500, "this should not have happened; the log has it under this request id")
                    await crashed(scope, receive, send_marked)
            finally:
                self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe(scope["method"], route, status, seconds)
        level = logging.DEBUG if route in _QUIET else logging.INFO
        facts = {"method": scope["method"], "route": route, "status": status, "duration_s": round(seconds, 6)}
        logger.log(level, "request", extra=facts)
