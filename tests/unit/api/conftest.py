"""Give the tests of the API an application, and tokens for it.

tests/unit/api/conftest.py - v0.1.0
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from seedbed.api.app import create_app
from seedbed.api.tokens import mint
from seedbed.settings import Settings, load_settings
from tests.scripted_llm import listening, scripted

KEY = "k" * 63 + "é"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def settings(home, tmp_path) -> Settings:
    return load_settings({"SEEDBED_HOME": str(home)}, tmp_path, {"api.key": KEY, "api.max_body_bytes": "100000"})


@pytest.fixture
def app(settings):
    return create_app(settings)


@pytest.fixture
async def client(app) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        yield client
    await app.state.services.close()


@pytest.fixture
def bearer(settings) -> Callable[..., dict[str, str]]:
    """Return the header of a token with these scopes."""

    def header(*scopes: str, subject: str = "tester") -> dict[str, str]:
        return {"Authorization": f"Bearer {mint(settings, subject, scopes, 60)}"}

    return header


@pytest.fixture
async def stack():
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def gateway(stack, home, tmp_path):
    """Return a client of an application whose backends are these scripts, or addresses."""

    async def make(*scripts, **more):
        servers = [
            script if isinstance(script, str) else await stack.enter_async_context(scripted(script))
            for script in scripts
        ]
        backends = [
            {"name": f"b{number}", "url": getattr(server, "url", server), "api_key": f"key-of-b{number}"}
            for number, server in enumerate(servers)
        ]
        explicit = {"home": str(home), "api.key": KEY, "llm.backends": json.dumps(backends)} | more
        settings = load_settings({}, tmp_path, explicit)
        app = create_app(settings)
        url = await stack.enter_async_context(listening(app))
        headers = {"Authorization": f"Bearer {mint(settings, 'tester', ['llm'], 60)}", "X-Request-ID": "mine-1"}
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=headers, timeout=20))
        stack.push_async_callback(app.state.services.close)
        return client, servers

    return make
