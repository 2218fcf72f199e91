"""Give the tests of the API an application, and tokens for it.

tests/unit/api/conftest.py - v0.1.0
"""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from seedbed.api.app import create_app
from seedbed.api.tokens import mint
from seedbed.settings import Settings, load_settings

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
