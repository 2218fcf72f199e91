"""Test the gateway with real servers of a tiny language model behind it, and OpenAI's own client in front.

tests/integration/test_llm_gateway.py - v0.1.0
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import pytest

from seedbed.api.tokens import mint
from seedbed.settings import load_settings
from tests.llm_servers import api_in_a_thread
from tests.tiny_llm import NAME, tiny_llm, write_model

ASKED = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 6, "temperature": 0}
SCHEMA = {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("llm") / "tiny.gguf")


@pytest.fixture
def gateway(home, tmp_path):
    def start(*servers):
        backends = json.dumps([{"name": f"b{number}", "url": server.url} for number, server in enumerate(servers)])
        explicit = {"home": str(home), "llm.backends": backends, "api.rate_limit": "10000/second"}
        settings = load_settings({}, tmp_path, explicit)
        return api_in_a_thread(settings), mint(settings, "tester", ["llm"], 600)

    return start


def test_openais_own_client_gets_what_the_server_says(model, gateway):
    with tiny_llm(model) as server:
        serving, token = gateway(server)
        with serving as url, openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0) as client:
            direct = httpx.post(f"{server.url}/v1/chat/completions", json=ASKED).json()
            whole = client.chat.completions.create(model=NAME, **ASKED)
            assert whole.choices[0].message.content == direct["choices"][0]["message"]["content"]
            with client.chat.completions.create(model=NAME, stream=True, **ASKED) as stream:
                pieces = [piece.choices[0].delta.content or "" for piece in stream]  # no piece without choices
            assert "".join(pieces) == whole.choices[0].message.content
            counting = {"include_usage": True}
            with client.chat.completions.create(model=NAME, stream=True, stream_options=counting, **ASKED) as stream:
                assert [piece.usage.completion_tokens for piece in stream if piece.usage] == [6]
            text = client.completions.create(model=NAME, prompt="the cat", max_tokens=3)
            assert len(text.choices[0].text.split()) == 3
            assert [each.id for each in client.models.list()] == [NAME]
            named = {"name": "answer", "schema": SCHEMA | {"additionalProperties": False}}
            shaped = client.chat.completions.create(
                model=NAME, messages=ASKED["messages"], response_format={"type": "json_schema", "json_schema": named}
            )
            assert isinstance(json.loads(shaped.choices[0].message.content)["good"], bool)
            with pytest.raises(openai.BadRequestError, match="exceeds the available context size"):
                client.chat.completions.create(model=NAME, messages=[{"role": "user", "content": "word " * 2000}])
            numbers = httpx.get(f"{url}/metrics").text
    assert 'seedbed_llm_tokens_total{backend="b0",kind="completion"}' in numbers


def test_a_killed_server_is_an_error_in_the_stream_and_then_the_next_answers(model, gateway):
    with tiny_llm(model) as first, tiny_llm(model) as second:
        serving, token = gateway(first, second)
        with serving as url, openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0) as client:
            asked = ASKED | {"max_tokens": 480}
            with (
                client.chat.completions.create(model=NAME, stream=True, **asked) as stream,
                pytest.raises(openai.APIError, match="broke off"),
            ):
                for number, _ in enumerate(stream):
                    if number == 2:
                        first.process.kill()
            answer = client.chat.completions.with_raw_response.create(model=NAME, **ASKED)
            assert answer.headers["x-seedbed-backend"] == "b1"


def test_streams_that_are_left_leave_nothing_behind(model, gateway):
    with tiny_llm(model) as server:
        serving, token = gateway(server)
        headers = {"Authorization": f"Bearer {token}"}

        def leave(_):
            body = ASKED | {"stream": True, "max_tokens": 480}
            with httpx.stream("POST", f"{url}/v1/chat/completions", json=body, headers=headers, timeout=30) as answer:
                next(answer.iter_raw())

        with serving as url, ThreadPoolExecutor(8) as clients:
            list(clients.map(leave, range(40)))
            server.wait_until_idle()
            assert server.num_generated() < 40 * 480 / 2  # idle soon says little: it makes all in 0.2 s a stream
            started = time.monotonic()
            while 'seedbed_llm_in_flight{backend="b0"} 0.0' not in httpx.get(f"{url}/metrics").text:
                assert time.monotonic() - started < 5
                time.sleep(0.01)
