"""Test what every kind of server of language models tells, against the shapes that its project documents.

tests/contracts/test_model_server.py - v0.1.0
"""

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.serving.adapters.ollama_models import OllamaModels
from seedbed.serving.adapters.vllm_models import VllmModels
from seedbed.serving.config import Backend
from tests.unit.serving.stand_in import StandIn, answering

ADAPTERS = {"ollama": OllamaModels, "vllm": VllmModels}
TAG = "qwen2.5:7b-instruct-q4_K_M"


@pytest.fixture(params=ADAPTERS)
def served(request):
    stand_in = StandIn(request.param)
    stand_in.load(TAG)
    stand_in.served = [{"id": TAG, "object": "model", "max_model_len": 8192}]
    with answering(stand_in) as url:
        backend = Backend(name="it", url=url, kind=request.param, api_key="correct-horse")
        yield ADAPTERS[request.param](backend), stand_in


@pytest.fixture
def ollama():
    stand_in = StandIn()
    with answering(stand_in) as url:
        yield OllamaModels(Backend(name="it", url=url, kind="ollama")), stand_in


def test_it_tells_its_version_and_what_it_has_loaded_with_how_much_context(served):
    server, stand_in = served
    assert server.version() in {"0.35.1", "0.30.0"}
    assert [(each.model, each.context_tokens) for each in server.loaded()] == [(TAG, 8192)]
    assert stand_in.keys == {"Bearer correct-horse"}


@pytest.mark.parametrize("kind", ADAPTERS)
def test_one_that_does_not_answer_is_the_worlds_fault_and_named(kind):
    server = ADAPTERS[kind](Backend(name="it", url="http://127.0.0.1:1", kind=kind))
    for question in (server.version, server.loaded):
        with pytest.raises(WorldError, match=r"http://127\.0\.0\.1:1.*(Example|Next): "):
            question()


def test_its_key_goes_to_the_address_of_the_settings_and_to_no_proxy_of_the_environment(served, monkeypatch):
    server, stand_in = served
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert server.version()
    assert server.loaded()
    server.digest(TAG)
    assert stand_in.keys == {"Bearer correct-horse"}


@pytest.mark.parametrize("kind", ADAPTERS)
def test_another_kind_of_server_is_not_taken_for_it(kind):
    other = StandIn("vllm" if kind == "ollama" else "ollama")
    with answering(other) as url, pytest.raises(WorldError):
        ADAPTERS[kind](Backend(name="it", url=url, kind=kind)).version()


def test_ollama_tells_how_much_of_a_model_is_on_the_gpu(ollama):
    server, stand_in = ollama
    stand_in.load(TAG, size=5_618_579_456, vram=1_404_644_864)
    (loaded,) = server.loaded()
    assert (loaded.size_bytes, loaded.gpu_bytes) == (5_618_579_456, 1_404_644_864)


def test_ollama_fetches_with_progress_over_all_layers_and_answers_to_the_logical_name(ollama):
    server, stand_in = ollama
    seen = []
    assert server.digest(TAG) is None
    digest = server.pull(TAG, "chat", lambda *numbers: seen.append(numbers))
    assert digest == server.digest(TAG) == server.digest("chat") == "7" * 64
    assert seen[0] == (0, 4_000, "bytes")
    assert seen[-1] == (5_000, 5_000, "bytes")
    assert [done for done, *_ in seen] == sorted(done for done, *_ in seen)
    assert set(stand_in.tags) == {TAG, "chat:latest"}


def test_a_model_that_the_library_does_not_have_is_the_users_fault(ollama):
    server, _ = ollama
    with pytest.raises(UserError, match="no such model .*file does not exist"):
        server.pull("qwen2.5:8b", "chat", lambda *_: None)


def test_a_fetch_that_is_cut_short_is_not_taken_for_a_model(ollama):
    server, stand_in = ollama
    stand_in.cut_pull_short = True
    with pytest.raises(WorldError, match=r"not found|does not list it"):
        server.pull(TAG, "chat", lambda *_: None)


def test_vllm_tells_how_busy_it_is():
    stand_in = StandIn("vllm")
    stand_in.served = [{"id": "chat", "max_model_len": 16384}]
    with answering(stand_in) as url:
        (loaded,) = VllmModels(Backend(name="it", url=url, kind="vllm")).loaded()
    assert (loaded.requests_running, loaded.cache_used, loaded.gpu_bytes) == (3, 0.25, None)


def test_vllm_is_not_asked_to_fetch():
    server = VllmModels(Backend(name="it", url="http://127.0.0.1:1", kind="vllm"))
    with pytest.raises(UserError, match="fetches .* when it starts"):
        server.pull("Qwen/Qwen2.5-7B-Instruct-AWQ", "chat", lambda *_: None)
    assert server.digest("chat") is None
