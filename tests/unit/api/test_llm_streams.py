"""Test that a stream through the gateway comes as it is, and gets an ending whoever goes away.

tests/unit/api/test_llm_streams.py - v0.1.0
"""

import asyncio

import pytest

from seedbed.api.bounds import Bounds
from seedbed.api.llm import relay
from seedbed.api.llm.gateway import Gateway
from seedbed.api.metrics import Metrics
from seedbed.serving.config import Backend
from tests.scripted_llm import DONE, FINISH, HEAD, chunk, piece, scripted
from tests.unit.api.llm_scripts import STREAMED, ask, eventually, hangs, last_event, numbers, streams_good

pytestmark = pytest.mark.anyio


async def test_a_stream_comes_piece_by_piece(gateway):
    second = asyncio.Event()

    async def script(talk):
        await talk.say(HEAD, chunk(piece("one")))
        await second.wait()
        await talk.say(chunk(piece("two") + FINISH + DONE), chunk(b""))

    client, _ = await gateway(script)
    async with client.stream("POST", "/v1/chat/completions", json=STREAMED) as answer:
        parts = answer.aiter_bytes()
        assert await anext(parts) == piece("one")
        second.set()
        assert b"".join([part async for part in parts]) == piece("two") + FINISH + DONE
    assert answer.headers["content-type"] == "text/event-stream"
    assert 'seedbed_llm_answers_total{backend="b0",outcome="ok"} 1.0' in await numbers(client)


async def test_a_missing_last_word_is_added(gateway):
    async def script(talk):
        await talk.say(HEAD, chunk(piece("good") + FINISH), chunk(b""))

    client, _ = await gateway(script)
    assert (await ask(client, STREAMED)).text.encode() == piece("good") + FINISH + DONE


async def cut(talk):
    await talk.say(HEAD, chunk(piece("one")))
    talk.hang_up()


async def cut_without_chunks(talk):
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n", piece("one"))
    talk.hang_up()


async def ends_too_early(talk):
    await talk.say(HEAD, chunk(piece("one")), chunk(b""))


@pytest.mark.parametrize("script", [cut, cut_without_chunks, ends_too_early])
async def test_a_stream_that_breaks_off_ends_with_an_error_and_nobody_else_is_asked(gateway, script):
    client, [_, other] = await gateway(script, streams_good)
    answer = await ask(client, STREAMED)
    assert answer.text.encode().startswith(piece("one"))
    assert last_event(answer.text)["error"]["type"] == "backend_lost"
    assert last_event(answer.text)["error"]["request_id"] == "mine-1"
    assert other.asked == []
    assert 'outcome="backend_lost"} 1.0' in await numbers(client)


async def test_an_error_that_the_server_says_in_a_stream_is_passed_on_and_counted(gateway):
    error = b'data: {"error": {"message": "out of memory", "code": 500}}\n\n'

    async def fails(talk):
        await talk.say(HEAD, chunk(piece("one")), chunk(error), chunk(b""))

    client, _ = await gateway(fails)
    assert (await ask(client, STREAMED)).text.encode() == piece("one") + error
    said = await numbers(client)
    assert 'seedbed_llm_answers_total{backend="b0",outcome="backend_error"} 1.0' in said
    assert 'outcome="ok"' not in said


@pytest.mark.parametrize(("limit", "kind"), [("IDLE_S", "backend_silent"), ("TOTAL_S", "time_limit")])
async def test_a_stream_that_stops_talking_ends_with_an_error(gateway, monkeypatch, limit, kind):
    monkeypatch.setattr(relay, limit, 0.1)
    client, [server] = await gateway(hangs)
    answer = await ask(client, STREAMED)
    assert last_event(answer.text)["error"]["type"] == kind
    await asyncio.wait_for(server.closed.wait(), 1)


@pytest.mark.parametrize("begins", [True, False])
async def test_a_client_that_goes_ends_the_work_of_the_server(gateway, begins):
    async def script(talk):
        if begins:
            await talk.say(HEAD, chunk(piece("one")))
        await talk.until_left()

    client, [server] = await gateway(script)
    asking = asyncio.ensure_future(ask(client, STREAMED))
    await eventually(lambda: len(server.asked) == 2)
    await asyncio.sleep(0.05)
    asking.cancel()
    assert await eventually(server.closed.is_set) < 1
    await asyncio.sleep(0.05)
    outcome = 'seedbed_llm_answers_total{backend="b0",outcome="client_gone"} 1.0' if begins else 'status="499"} 1.0'
    assert outcome in await numbers(client)


async def test_a_slow_client_slows_the_server_down(gateway):
    talks = []

    async def pours(talk):
        talks.append(talk)
        await talk.say(HEAD)
        while True:
            await talk.say(chunk(piece("x" * 10_000)))

    client, [server] = await gateway(pours)
    async with client.stream("POST", "/v1/chat/completions", json=STREAMED) as answer:
        await anext(answer.aiter_bytes())
        await asyncio.sleep(0.5)
        before = talks[0].num_bytes
        await asyncio.sleep(0.3)
        assert talks[0].num_bytes == before < 30_000_000  # what the buffers of two sockets hold
    await asyncio.wait_for(server.closed.wait(), 1)


async def test_an_answer_may_take_longer_than_other_requests(gateway, monkeypatch):
    async def slow(talk):
        await talk.say(HEAD, chunk(piece("one")))
        await asyncio.sleep(0.5)
        await talk.say(chunk(FINISH + DONE), chunk(b""))

    monkeypatch.setattr(Bounds.__init__, "__defaults__", (0.2, 0.2))
    client, _ = await gateway(slow)
    assert (await ask(client, STREAMED)).text.endswith("data: [DONE]\n\n")


async def test_a_server_that_is_being_stopped_says_so():
    """Cancelled as uvicorn cancels it when its patience ends."""
    sent = []

    async def send(message):
        sent.append(message)

    async with scripted(hangs) as server:
        metrics = Metrics()
        gateway = Gateway([Backend(name="b0", url=server.url)], metrics.llm)
        answer = relay.Relay(gateway, "/v1/chat/completions", STREAMED)
        answering = asyncio.ensure_future(answer({}, asyncio.Event().wait, send))
        await eventually(lambda: len(sent) == 2)
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
        await gateway.close()
    assert last_event(sent[-1]["body"].decode())["error"]["type"] == "server_stopping"
    assert not sent[-1]["more_body"]
    assert 'outcome="server_stopping"} 1.0' in metrics.exposition().decode()


async def test_what_is_being_answered_is_bounded(gateway, monkeypatch):
    from seedbed.api.llm import gateway as module

    monkeypatch.setattr(module, "MAX_IN_FLIGHT", 1)
    client, [server] = await gateway(hangs)
    first = asyncio.ensure_future(ask(client, STREAMED))
    await eventually(lambda: len(server.asked) == 2)
    assert (await ask(client, STREAMED)).status_code == 429
    first.cancel()
    await eventually(server.closed.is_set)
    await asyncio.sleep(0.05)
    second = asyncio.ensure_future(ask(client, STREAMED))
    await eventually(lambda: len(server.asked) == 3)
    second.cancel()
