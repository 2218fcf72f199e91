"""Test the commands that talk to a language model and put load on it, with a real server of a tiny one.

tests/unit/cli/test_chat_command.py - v0.1.0
"""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from seedbed import wiring_chat
from seedbed.cli.commands import bench, chat
from seedbed.errors import UserError, WorldError
from seedbed.missing import MissingError
from seedbed.serving.config import Backend
from tests.llm_servers import OLLAMA_DIGEST, documented_ollama
from tests.store_servers import free_port
from tests.tiny_llm import tiny_llm, write_model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with tiny_llm(write_model(tmp_path_factory.mktemp("llm") / "tiny.gguf")) as server:
        yield server


@pytest.fixture
def gone():
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def invoke(tiny, gone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    backends = [{"name": "gone", "url": gone}, {"name": "tiny", "url": tiny.url}]
    monkeypatch.setenv("SEEDBED_LLM__BACKENDS", json.dumps(backends))
    app = typer.Typer()
    chat.register(app)
    bench.register(app)
    return lambda *arguments, **more: CliRunner().invoke(app, list(map(str, arguments)), **more)


def test_an_answer_is_shown_as_it_comes(invoke):
    result = invoke("chat", "hello", "--max-tokens", 5, "--temperature", 0)
    assert result.exit_code == 0, result.exception
    assert len(result.output.split()) == 5


def test_one_answer_as_json_says_who_gave_it_and_what_it_took(invoke):
    said = json.loads(invoke("chat", "hello", "--max-tokens", 5, "--json").output)
    assert (said["backend"], said["model"], said["completion_tokens"]) == ("tiny", "tiny", 5)
    assert said["finish_reason"] == "length"
    assert 0 < said["first_s"] <= said["seconds"]
    assert said["answer"].strip()


def test_a_conversation_knows_what_was_said_before(invoke, tmp_path):
    kept = tmp_path / "kept.jsonl"
    result = invoke("chat", "--history", kept, "--max-tokens", 3, "--system", "be brief", input="one\ntwo\n\nthree\n")
    assert result.exit_code == 0, result.exception
    invoke("chat", "three", "--history", kept, "--max-tokens", 3)
    turns = [json.loads(line) for line in kept.read_text().splitlines()]
    roles = ["system"] + ["user", "assistant"] * 3
    assert [turn["role"] for turn in turns] == roles
    assert [turn["content"] for turn in turns if turn["role"] == "user"] == ["one", "two", "three"]


def test_an_answer_obeys_the_schema_of_a_file(invoke, tmp_path):
    schema = {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]}
    (tmp_path / "schema.json").write_text(json.dumps(schema | {"additionalProperties": False}))
    said = json.loads(invoke("chat", "hello", "--schema", "schema.json", "--json").output)
    assert isinstance(json.loads(said["answer"])["good"], bool)


def test_models_are_listed_with_the_digest_where_there_is_one(invoke, monkeypatch):
    with documented_ollama() as url:
        monkeypatch.setenv("SEEDBED_LLM__BACKENDS", json.dumps([{"name": "o", "url": url, "kind": "ollama"}]))
        [model] = json.loads(invoke("chat", "--models", "--json").output)
        said = json.loads(invoke("chat", "hi", "--json").output)
    assert (model["backend"], model["digest"]) == ("o", OLLAMA_DIGEST)
    assert (said["answer"], said["digest"]) == ("The sky", OLLAMA_DIGEST)


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (["hello", "--model", "gpt-9"], MissingError, "gpt-9"),
        (["hello", "--backend", "tin"], UserError, "did you mean 'tiny'?"),
        (["hello", "--backend", "gone"], WorldError, "does not answer"),
        (["word " * 2000], UserError, "512"),
        (["  "], UserError, "empty question"),
        (["--json"], UserError, "one question"),
        (["hello", "--schema", "none.json"], UserError, "none.json"),
        (["hello", "--history", "bad.jsonl"], UserError, "bad.jsonl"),
    ],
)
def test_what_cannot_be_is_one_line(invoke, tmp_path, arguments, kind, said):
    (tmp_path / "bad.jsonl").write_text('{"role": "nobody"}')
    error = invoke("chat", *arguments).exception
    assert isinstance(error, kind)
    assert said in str(error)
    assert "\n" not in str(error)


def test_without_a_server_in_the_settings_it_is_the_one_of_serve_llm(invoke, tiny, gone, monkeypatch):
    monkeypatch.delenv("SEEDBED_LLM__BACKENDS")
    monkeypatch.setattr(wiring_chat, "LOCAL", Backend(name="local", url=tiny.url))
    assert json.loads(invoke("chat", "hello", "--max-tokens", 2, "--json").output)["backend"] == "local"
    monkeypatch.setattr(wiring_chat, "LOCAL", Backend(name="local", url=gone))
    assert "seedbed serve llm" in str(invoke("chat", "hello").exception)


def test_load_is_measured_and_drawn(invoke, home):
    options = ("--concurrency", "1,4", "--requests", 6, "--max-tokens", 12, "--prompt-words", 8)
    result = invoke("bench", "llm", *options, "--json")
    assert result.exit_code == 0, result.exception
    report = json.loads(result.output)
    assert [level["concurrency"] for level in report["levels"]] == [1, 4]
    for level in report["levels"]:
        assert (level["num_answers"], level["num_failures"]) == (6, 0)
        assert level["tokens_per_s"] == pytest.approx(6 * 12 / level["seconds"])
        assert 0 < level["ttft_p50_ms"] <= level["ttft_p95_ms"]
        assert level["goodput_per_s"] <= level["answers_per_s"]
    assert Path(report["chart"]).parent == home / "reports"
    assert Path(report["chart"]).read_bytes().startswith(b"\x89PNG")


def test_load_of_given_prompts_is_a_table(invoke, tmp_path):
    (tmp_path / "prompts.txt").write_text("one\n\ntwo\n")
    result = invoke("bench", "llm", "--prompts", "prompts.txt", "--concurrency", 2, "--requests", 2, "--max-tokens", 4)
    assert result.exit_code == 0, result.exception
    assert "prompts of prompts.txt" in result.output
    assert "good/s" in result.output


@pytest.mark.parametrize("levels", ["", "0", "1,x", "257", "1,,2"])
def test_clients_are_numbers(invoke, levels):
    assert isinstance(invoke("bench", "llm", "--concurrency", levels).exception, UserError)


def test_prompts_that_are_not_there_are_refused(invoke, tmp_path):
    (tmp_path / "empty.txt").write_text("\n")
    for name in ("none.txt", "empty.txt"):
        assert name in str(invoke("bench", "llm", "--prompts", name).exception)


def test_when_nothing_is_answered_the_first_reason_is_said(invoke):
    error = invoke("bench", "llm", "--prompt-words", 2000, "--concurrency", 1, "--requests", 1).exception
    assert isinstance(error, WorldError)
    assert "512" in str(error)
