"""Serve agents over standard input and output, or over HTTP on this machine.

src/seedbed/mcp_server/main.py - v0.1.0

HTTP passes through what the API's requests pass through, token included; only this machine is listened to.

```mermaid
flowchart LR
    serve_stdio & serve_http --> opened --> create_server
    serve_http --> http_app --> RequestContext & Gate & Bounds
```
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp.server import Server
from mcp.server.stdio import stdio_server
from starlette.applications import Starlette
from starlette.routing import Route

from seedbed.api.auth import Gate
from seedbed.api.bounds import Bounds
from seedbed.api.main import refuse_taken
from seedbed.api.request_id import RequestContext
from seedbed.api.services import Services
from seedbed.mcp_server.server import TOOL_S, create_server
from seedbed.mcp_server.starting import Starter
from seedbed.mcp_server.tools import READ_ONLY
from seedbed.settings import Settings

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
PATH = "/v1/mcp"
"""Below /v1/, where the gate asks for a token."""


def serve_stdio(settings: Settings, *, allow_run: bool) -> None:
    """Answer the process that started this one, until it closes our standard input."""

    async def serve() -> None:
        with opened(settings, allow_run, is_local=True) as (services, server):
            async with stdio_server() as (incoming, outgoing):
                await server.run(incoming, outgoing, server.create_initialization_options())
            await services.close()

    asyncio.run(serve())


def serve_http(settings: Settings, port: int, *, allow_run: bool) -> None:
    """Answer requests from this machine until the process is told to end.

    Raises:
        UserError: nothing says who may come in.
        WorldError: the port cannot be used.
    """
    refuse_taken(HOST, port)
    with opened(settings, allow_run, is_local=False) as (services, server):
        if services.authority.issuer_keys is None:
            _ = services.authority.key  # in dev it is made now, so that `seedbed token` knows it
        logger.info("serving", extra={"url": f"http://{HOST}:{port}{PATH}", "allow_run": allow_run})
        uvicorn.run(
            http_app(services, server),
            host=HOST,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
        )
        asyncio.run(services.close())


@contextmanager
def opened(settings: Settings, allow_run: bool, *, is_local: bool) -> Iterator[tuple[Services, Server[dict[str, Any]]]]:
    """Yield services and server; an experiment that was started ends with the block."""
    services = Services(settings)
    if not allow_run:
        yield services, create_server(services, READ_ONLY, is_local=is_local)
        return
    with Starter() as starter:
        yield services, create_server(services, (*READ_ONLY, starter.tool()), is_local=is_local)


def http_app(services: Services, server: Server[dict[str, Any]]) -> Starlette:
    """Return the application: every request stands alone and is answered in one piece."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        host=HOST,  # so that pages of other names that resolve to this machine are refused
    )
    [route] = app.routes
    assert isinstance(route, Route)  # noqa: S101
    route.methods = {"POST"}  # GET would hold a stream open for what this server never says by itself
    app.add_middleware(Bounds, max_body_bytes=services.settings.api.max_body_bytes, request_s=TOOL_S + 10)
    app.add_middleware(Gate, authority=services.authority, rates=services.rates)
    app.add_middleware(RequestContext, metrics=services.metrics)
    return app
