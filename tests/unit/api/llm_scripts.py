"""Say to the gateway what servers of language models say, and ask it what clients ask.

tests/unit/api/llm_scripts.py - v0.1.0
"""

import asyncio
import json
import time

from tests.scripted_llm import DONE, FINISH, HEAD, chunk, piece, whole
from tests.store_servers import free_port

ASKED = {"messages": [{"role": "user", "content": "hi"}]}
STREAMED = {**ASKED, "stream": True}
GOOD = {
    "choices": [{"index": 0, "message": {"content": "good"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3},
}


async def says_good(talk):
    await talk.say(whole(200, GOOD))


async def streams_good(talk):
    await talk.say(HEAD, chunk(piece("good") + FINISH + DONE), chunk(b""))


def says(status, body=GOOD, **headers):
    async def script(talk):
        await talk.say(whole(status, body, **headers))

    return script


async def hangs(talk):
    await talk.say(HEAD, chunk(piece("one")))
    await talk.until_left()


def dead():
    return f"http://127.0.0.1:{free_port()}"


async def ask(client, body=ASKED, path="/v1/chat/completions"):
    return await client.post(path, json=body)


def last_event(text):
    return json.loads(text.strip().split("\n\n")[-1].removeprefix("data: "))


async def numbers(client):
    return (await client.get("/metrics")).text


async def eventually(holds, seconds=5.0):
    """Return the seconds that it took until it holds."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds
        await asyncio.sleep(0.005)
    return time.monotonic() - started
