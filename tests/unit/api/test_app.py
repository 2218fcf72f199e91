"""Test that what holds for every request holds.

tests/unit/api/test_app.py - v0.1.0
"""

import asyncio
import json
import logging
import re

import httpx
import pytest
from starlette.exceptions import HTTPException

from seedbed.api.app import create_app
from seedbed.api.bounds import Bounds, allow
from seedbed.api.metrics import Metrics
from seedbed.api.request_id import RequestContext
from seedbed.errors import UserError, WorldError
from seedbed.missing import MissingError
from seedbed.settings import load_settings

pytestmark = pytest.mark.anyio
FAULTS = {
    "user": (UserError("k is 0; give 1 or more"), 400),
    "missing": (MissingError("there is no run 'beef'"), 404),
    "world": (WorldError("the disk /srv/secret is full"), 503),
    "refused": (HTTPException(418, "no coffee"), 418),
    "crash": (ZeroDivisionError("in /srv/secret"), 500),
}


@pytest.fixture
def faulty(app, client):
    for name, (fault, _) in FAULTS.items():

        async def route(fault: str = name):
            raise FAULTS[fault][0]

        app.get(f"/{name}")(route)
    return client


@pytest.mark.parametrize("name", FAULTS)
async def test_every_fault_is_a_problem_with_the_request_id(faulty, name):
    answer = await faulty.get(f"/{name}", headers={"X-Request-ID": "mine-1"})
    assert answer.status_code == FAULTS[name][1]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "mine-1"
    assert answer.json()["status"] == answer.status_code
    assert "Traceback" not in answer.text


async def test_what_the_caller_can_mend_is_said(faulty):
    assert (await faulty.get("/user")).json()["detail"] == "k is 0; give 1 or more"


async def test_what_the_world_and_we_did_wrong_is_in_the_log_alone(faulty, caplog):
    answers = [(await faulty.get(path)).text for path in ("/world", "/crash")]
    assert "/srv/secret" not in "".join(answers)
    assert "the disk /srv/secret is full" in [record.__dict__.get("reason") for record in caplog.records]
    assert any(record.exc_info and record.message == "request_crashed" for record in caplog.records)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nope", 404), ("DELETE", "/health", 405)])
async def test_what_is_not_there_is_a_problem(client, method, path, status):
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert status != 405 or answer.headers["allow"] == "GET"


async def test_an_invalid_request_is_told_where_and_not_what(app, client):
    @app.get("/typed")
    async def typed(k: int): ...

    answer = await client.get("/typed", params={"k": "hunter2"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "query.k"
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "line\x0bbreak", "-a", "ä"])
async def test_an_id_that_could_harm_the_log_is_replaced(client, given):
    answer = await client.get("/health", headers={"X-Request-ID": given.encode()})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736", False),
    ],
)
async def test_the_trace_id_is_the_request_id_when_there_is_no_other(client, given, is_taken):
    answer = await client.get("/health", headers={"traceparent": given})
    assert (answer.headers["x-request-id"] == "4bf92f3577b34da6a3ce929d0e0e4736") is is_taken


async def test_every_line_of_a_request_carries_its_id(app, settings, capsys, client):
    from seedbed.logging_config import configure

    @app.get("/talks")
    async def talks():
        logging.getLogger("seedbed.test").info("in_the_loop")
        await app.state.services.readers.run(lambda: logging.getLogger("seedbed.test").info("in_a_thread"))

    configure(settings.log, service="api")
    await client.get("/talks", headers={"X-Request-ID": "mine-2"})
    lines = {line["message"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {lines[name]["request_id"] for name in ("in_the_loop", "in_a_thread", "request")} == {"mine-2"}
    assert lines["request"]["extra"]["route"] == "/talks"


async def test_answers_carry_security_headers(client):
    headers = (await client.get("/nope")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"


async def test_no_page_may_call_it_unless_named(client):
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await client.options("/v1/search", headers=preflight)
    assert "access-control-allow-origin" not in answer.headers


async def test_a_named_page_may_send_and_read_every_header_that_the_api_has(tmp_path):
    app = create_app(load_settings({}, tmp_path, {"api.cors_origins": "https://lab.example"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        origin = {"Origin": "https://lab.example"}
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
        preflight = await client.options("/v1/pipelines/a/b/runs", headers=origin | asked)
        shown = (await client.get("/health", headers=origin)).headers["access-control-expose-headers"]
    assert preflight.status_code == 200
    assert {"Location", "X-Seedbed-Backend", "X-Request-ID", "Retry-After"} <= set(shown.split(", "))


@pytest.mark.parametrize(("origin", "is_allowed"), [("https://lab.example", True), ("https://evil.example", False)])
async def test_named_pages_may_call_it(tmp_path, origin, is_allowed):
    app = create_app(load_settings({}, tmp_path, {"api.cors_origins": "https://lab.example, http://localhost:8888"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await client.options("/v1/search", headers=preflight)
    assert (answer.headers.get("access-control-allow-origin") == origin) is is_allowed


async def test_a_body_longer_than_declared_allowed_is_refused_before_it_is_read(client, bearer):
    async def never():
        pytest.fail("the body was read")
        yield b""

    headers = {**bearer("search"), "Content-Length": "100001"}
    answer = await client.post("/v1/search", content=never(), headers=headers)
    assert answer.status_code == 413


async def test_a_streamed_body_is_read_no_further_than_allowed(client, bearer):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 10_000

    answer = await client.post("/v1/search", content=endless(), headers=bearer("search"))
    assert answer.status_code == 413
    assert sent <= 12


async def _call(app, body):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        return await client.post("/", content=body)


async def test_a_body_that_comes_too_slowly_is_refused():
    async def slow():
        await asyncio.sleep(5)
        yield b"x"

    answer = await _call(Bounds(None, 10, request_s=5, body_s=0.05), slow())
    assert answer.status_code == 408


async def test_what_takes_too_long_is_ended():
    async def stuck(scope, receive, send):
        await asyncio.sleep(5)

    answer = await _call(Bounds(stuck, 10, request_s=0.05, body_s=0.05), b"x")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def test_the_limit_that_held_is_the_one_that_is_said():
    async def stuck(scope, receive, send):
        allow(scope, 0.1)
        await asyncio.sleep(5)

    answer = await _call(Bounds(stuck, 10, request_s=60), b"x")
    assert (answer.status_code, answer.json()["detail"]) == (503, "no answer within 0.1 s")


async def test_who_reads_too_slowly_is_left_and_that_is_no_crash(caplog):
    caplog.set_level(logging.INFO)
    sent = []

    async def answers(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})

    async def send(message):
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            await asyncio.sleep(5)  # as long as nobody reads

    async def receive():
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await RequestContext(Bounds(answers, 10, request_s=0.1), Metrics())(scope, receive, send)
    assert sent == ["http.response.start", "http.response.body"]
    said = [(record.levelname, record.message) for record in caplog.records]
    assert said == [("INFO", "answer_cut"), ("INFO", "request")]
    assert caplog.records[0].limit_s == pytest.approx(0.1, abs=0.05)


async def test_a_time_limit_of_the_application_is_not_ours():
    async def fails(scope, receive, send):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await _call(Bounds(fails, 10), b"x")


async def test_numbers_name_routes_and_never_paths(client, bearer):
    await client.get("/health")
    await client.get("/secret-path-1", headers=bearer("search"))
    await client.request("BREW", "/secret-path-2")
    text = (await client.get("/metrics")).text
    assert 'seedbed_http_requests_total{method="GET",route="/health",status="200"} 1.0' in text
    assert 'method="OTHER",route="unmatched",status="404"' in text
    assert "secret-path" not in text
    assert "seedbed_http_requests_in_flight 1.0" in text
