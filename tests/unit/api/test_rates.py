"""Test that each subject has its own limit.

tests/unit/api/test_rates.py - v0.1.0
"""

import socket
import subprocess
import time
from contextlib import closing

import httpx
import pytest
from pydantic import SecretStr

from seedbed.api.app import create_app
from seedbed.api.rates import Rates
from seedbed.api.tokens import mint
from seedbed.api_section import ApiConfig
from seedbed.errors import WorldError
from seedbed.settings import load_settings
from tests.store_servers import free_port
from tests.system_parts import program

pytestmark = pytest.mark.anyio


async def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_not(home, tmp_path):
    settings = load_settings({"SEEDBED_HOME": str(home)}, tmp_path, {"api.rate_limit": "3/minute"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(settings)), base_url="http://api") as client:

        async def ask(subject):
            token = mint(settings, subject, ["search"], 60)
            return await client.get("/v1/nothing", headers={"Authorization": f"Bearer {token}"})

        assert [(await ask("ada")).status_code for _ in range(4)] == [404, 404, 404, 429]
        refused = await ask("ada")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await ask("bob")).status_code == 404
        assert (await client.get("/health")).status_code == 200


@pytest.fixture
def redis_url(tmp_path):
    binary = program("redis-server", "redis-server")
    port = free_port()
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(100):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


async def test_redis_counts_for_several_processes(redis_url):
    config = ApiConfig(rate_limit="3/minute", redis_url=SecretStr(redis_url))
    first, second = Rates(config), Rates(config)
    await first.check()
    waits = [await rates.wait_s("ada") for rates in (first, second, first, second)]
    assert waits[:3] == [0, 0, 0]
    assert 1 <= waits[3] <= 60
    await first.close()
    await second.close()


async def test_nobody_is_let_in_while_redis_is_away(home, tmp_path):
    settings = load_settings(
        {"SEEDBED_HOME": str(home)}, tmp_path, {"api.redis_url": f"redis://127.0.0.1:{free_port()}"}
    )
    app = create_app(settings)
    with pytest.raises(WorldError, match="Redis"):
        await app.state.services.rates.check()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        token = mint(settings, "ada", ["search"], 60)
        answer = await client.get("/v1/nothing", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text
