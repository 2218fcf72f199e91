"""Specify what every server of language models does, ours in front of one included.

tests/contracts/test_chat_server.py - v0.1.0
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NamedTuple

import pytest

from seedbed.api.tokens import mint
from seedbed.errors import UserError, WorldError
from seedbed.missing import MissingError
from seedbed.serving.adapters.ollama_http import OllamaServer
from seedbed.serving.adapters.openai_http import OpenAiServer
from seedbed.serving.config import Backend
from seedbed.serving.conversation import Message, Question
from seedbed.serving.ports import ChatServer
from seedbed.settings import load_settings
from tests.llm_servers import (
    OLLAMA_DIGEST,
    OLLAMA_MODEL,
    api_in_a_thread,
    documented_ollama,
    transformers_serve,
    write_transformer,
)
from tests.loopback import answering
from tests.store_servers import free_port
from tests.tiny_llm import NAME, TinyLlm, tiny_llm, write_model

KEY = "key-of-the-tiny-server"


class Running(NamedTuple):
    kind: str
    server: ChatServer
    model: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llm")


@pytest.fixture(scope="module")
def tiny(folder: Path) -> Iterator[TinyLlm]:
    with tiny_llm(write_model(folder / "tiny.gguf"), key=KEY) as server:
        yield server


@pytest.fixture(
    scope="module",
    params=["llama.cpp", "gateway", "ollama", pytest.param("transformers", marks=pytest.mark.slow)],
)
def running(request: pytest.FixtureRequest, folder: Path) -> Iterator[Running]:
    kind = request.param
    with ExitStack() as stack:
        if kind == "ollama":
            backend = Backend(name="o", url=stack.enter_context(documented_ollama()), kind="ollama")
            yield Running(kind, stack.enter_context(closing(OllamaServer(backend))), OLLAMA_MODEL)
            return
        if kind == "transformers":
            model = write_transformer(folder / "random-llama")
            backend = Backend(name="t", url=stack.enter_context(transformers_serve(model)))
            yield Running(kind, stack.enter_context(closing(OpenAiServer(backend))), str(model))
            return
        tiny: TinyLlm = request.getfixturevalue("tiny")
        backend = Backend.model_validate({"name": "tiny", "url": tiny.url, "api_key": KEY})
        if kind == "gateway":
            backends = json.dumps([{"name": "tiny", "url": tiny.url, "api_key": KEY}])
            settings = load_settings({}, folder, {"home": str(folder / "home"), "llm.backends": backends})
            url = stack.enter_context(api_in_a_thread(settings))
            token = mint(settings, "tester", ["llm"], 600)
            backend = Backend.model_validate({"name": "gateway", "url": f"{url}/v1/", "api_key": token})
        yield Running(kind, stack.enter_context(closing(OpenAiServer(backend))), NAME)


def only(*kinds: str) -> pytest.MarkDecorator:
    """Leave out the servers that do not do this by themselves."""
    return pytest.mark.parametrize("running", kinds, indirect=True)


def question(text: str = "hello", **more: object) -> Question:
    return Question.model_validate({"messages": (Message(role="user", content=text),), "max_tokens": 8, **more})


def ask(running: Running, text: str = "hello", **more: object) -> str:
    return "".join(piece.text for piece in running.server.stream(question(text, model=running.model, **more)))


def test_it_lists_its_models(running: Running) -> None:
    models = {model.name: model for model in running.server.models()}
    if running.kind == "transformers":  # it lists what the hub's cache holds, and serves a folder all the same
        assert models == {}
        return
    assert models[running.model].digest == (OLLAMA_DIGEST if running.kind == "ollama" else None)


def test_an_answer_comes_in_pieces_with_a_reason_to_end_and_counts(running: Running) -> None:
    pieces = list(running.server.stream(question(model=running.model, temperature=0.0)))
    assert len([piece for piece in pieces if piece.text]) >= 2
    assert {piece.finish_reason for piece in pieces} - {None} <= {"stop", "length"}
    counted = [piece for piece in pieces if piece.completion_tokens]
    assert counted
    assert (counted[-1].prompt_tokens or 0) > 0


def test_one_seed_makes_one_answer(running: Running) -> None:
    said = [ask(running, seed=seed, temperature=1.0) for seed in (3, 3, 4)]
    assert said[0] == said[1]
    if running.kind in {"llama.cpp", "gateway"}:  # the others draw nothing
        assert said[0] != said[2]


@only("llama.cpp", "gateway")
def test_an_answer_obeys_a_json_schema(running: Running) -> None:
    schema: dict[str, object] = {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]}
    schema["additionalProperties"] = False
    said = json.loads(ask(running, json_schema=schema, max_tokens=100))
    assert isinstance(said["good"], bool)


@only("gateway", "ollama")
def test_a_model_that_it_does_not_have_is_missing(running: Running) -> None:
    with pytest.raises(MissingError, match="nothing"):
        list(running.server.stream(question(model="nothing")))


@only("llama.cpp", "gateway")
def test_a_question_that_is_too_long_is_refused_with_the_reason(running: Running) -> None:
    with pytest.raises(UserError, match="512"):
        ask(running, "word " * 2000)


@only("llama.cpp", "gateway")
def test_who_stops_listening_ends_the_work(running: Running, tiny: TinyLlm) -> None:
    """Soon idle is not enough, as the model ends 400 tokens in 0.2 s: it must not have made them."""
    before = tiny.num_generated(KEY)
    for _ in range(5):
        answer = running.server.stream(question(model=running.model, max_tokens=400))
        next(answer)
        answer.close()
        tiny.wait_until_idle(KEY)
    assert 0 < tiny.num_generated(KEY) - before < 5 * 400 / 2


def test_a_server_that_scores_no_prompts_is_found_out(running: Running) -> None:
    assert not running.server.can_score_prompts(running.model)


@only("llama.cpp", "gateway")
def test_a_wrong_key_is_refused(running: Running) -> None:
    backend = running.server._backend.model_copy(update={"api_key": None})  # type: ignore[attr-defined]
    with closing(OpenAiServer(backend)) as server, pytest.raises(UserError, match="does not let in"):
        list(server.stream(question(model=running.model)))


def test_a_server_that_is_not_there_is_the_worlds_fault() -> None:
    gone = OpenAiServer(Backend(name="gone", url=f"http://127.0.0.1:{free_port()}"))
    with closing(gone), pytest.raises(WorldError, match="does not answer"):
        gone.models()


@contextmanager
def saying(body: bytes, media_type: str = "application/json") -> Iterator[OpenAiServer]:
    """Serve one body whatever is asked."""

    class Says(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(body)

    with answering(Says) as url, closing(OpenAiServer(Backend(name="says", url=url))) as client:
        yield client


def test_a_server_that_scores_prompts_is_believed() -> None:
    scores = {"token_logprobs": [None, -1.5, -0.5, -2.0], "tokens": ["one", " two", " three", "!"]}
    with saying(json.dumps({"choices": [{"text": "one two three!", "logprobs": scores}]}).encode()) as server:
        assert server.can_score_prompts("m")


@pytest.mark.parametrize(
    "scores", [{"token_logprobs": [-1.5]}, {"token_logprobs": [None, None, None, -1.0]}, {"content": []}, None]
)
def test_a_server_that_only_seems_to_score_prompts_is_found_out(scores: object) -> None:
    with saying(json.dumps({"choices": [{"text": "!", "logprobs": scores}]}).encode()) as server:
        assert not server.can_score_prompts("m")


BEGUN = b'data: {"choices": [{"delta": {"content": "one"}}]}\n\n'


@pytest.mark.parametrize(
    "rest", [b"", b'data: {"error": {"message": "out of memory"}}\n\n', b'data: {"error": "no"}\n\n']
)
def test_a_stream_that_breaks_off_is_no_answer(rest: bytes) -> None:
    heard = []
    with saying(BEGUN + rest, "text/event-stream") as server, pytest.raises(WorldError, match="broke off"):
        for piece in server.stream(question()):
            heard.append(piece.text)
    assert heard == ["one"]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": [{}]}', b'{"data": 5}'])
def test_something_else_at_the_address_is_said(body: bytes) -> None:
    with saying(body) as server, pytest.raises(WorldError, match="does not speak"):
        server.models()
    with saying(b"<html>") as server, pytest.raises(WorldError, match="does not speak"):
        list(server.stream(question()))
