"""Test the commands that plan, serve, fetch and watch language models.

tests/unit/cli/test_llm_commands.py - v0.1.0
"""

import json
import socket

import pytest
import typer
from dotenv import dotenv_values
from typer.testing import CliRunner

from seedbed import wiring_serving
from seedbed.cli.commands import llm, serve
from seedbed.cli.diagnosis import diagnose
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure
from seedbed.serving.adapters import hub_models
from seedbed.settings import load_settings
from tests.unit.serving.machines import GPU_COMPOSE, ONE_BUSY_OF_TWO, gpu, machine
from tests.unit.serving.stand_in import StandIn, answering, install

TAG = "qwen2.5:7b-instruct-q4_K_M"
AWQ = "Qwen/Qwen2.5-7B-Instruct-AWQ"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def programs(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("env", "sh"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(wiring_serving, "LOCAL", f"http://127.0.0.1:{free_port()}")
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch, programs):
    folder = tmp_path / "project"
    (folder / ".seedbed").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(16))
    return folder


@pytest.fixture
def invoke(project):
    app = typer.Typer()
    serve.register(app)
    llm.register(app)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def ollama(project, monkeypatch):
    stand_in = StandIn()
    with answering(stand_in) as url:
        monkeypatch.setattr(wiring_serving, "LOCAL", url)
        yield stand_in


@pytest.fixture
def vllm(project, monkeypatch):
    stand_in = StandIn("vllm")
    stand_in.served = [{"id": "chat", "max_model_len": 16384}, {"id": AWQ, "max_model_len": 16384}]
    with answering(stand_in) as url:
        monkeypatch.setattr(wiring_serving, "LOCAL", url)
        yield stand_in


def test_the_plan_is_a_table_with_a_reason_in_each_row(invoke):
    output = invoke("serve", "llm", "--plan").output
    assert "needs 51.3 GB (47.0 weights" in output
    assert "Chosen: chat on Ollama: takes 6.0 GB" in output
    assert "install Ollama (https://ollama.com/download) or Docker" in output


def test_the_plan_for_programs_has_every_number(invoke):
    found = json.loads(invoke("serve", "llm", "--plan", "--json").output)
    assert (found["chosen"]["model"], found["chosen"]["fit"]["place"]) == ("chat", "ram")
    assert len(found["candidates"]) == 6
    assert found["wrote"] == ""


def test_the_plan_shows_the_command_of_an_installed_program(invoke, programs):
    install(programs, "ollama")
    assert "Serving it: env OLLAMA_HOST=127.0.0.1:" in invoke("serve", "llm", "--plan").output


def test_a_plan_writes_the_compose_profile_of_a_project_with_a_stack_and_says_so(invoke, project):
    assert not (project / ".env").exists()
    (project / "compose.yml").write_text("services: {}\n")
    assert "For docker compose: wrote COMPOSE_PROFILES=cpu to .env" in invoke("serve", "llm", "--plan").output
    (project / ".env").write_text("COMPOSE_PROFILES=gpu\n")
    assert "says COMPOSE_PROFILES=gpu and stays so" in invoke("serve", "llm", "--plan").output
    assert (project / ".env").read_text() == "COMPOSE_PROFILES=gpu\n"


def test_strict_refuses_after_it_has_shown_the_plan(invoke):
    result = invoke("serve", "llm", "--plan", "--profile", "gpu", "--strict")
    assert "Less than hoped for: profile gpu was asked for" in result.output
    assert isinstance(result.exception, UserError)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "tpu"], "profile 'tpu' is unknown"),
        (["--model", "chta", "--plan"], "did you mean 'chat'"),
        (["--json"], "Example: seedbed serve llm --plan --json"),
    ],
)
def test_wrong_options_are_refused_with_what_is_allowed(invoke, arguments, words):
    error = invoke("serve", "llm", *arguments).exception
    assert isinstance(error, UserError)
    assert words in str(error)


def test_options_win_over_the_settings(invoke, monkeypatch):
    monkeypatch.setenv("SEEDBED_LLM__MODEL", "embed")
    assert json.loads(invoke("serve", "llm", "--plan", "--json").output)["chosen"]["model"] == "embed"
    given = json.loads(invoke("serve", "llm", "--plan", "--json", "--model", "chat-small").output)
    assert given["chosen"]["model"] == "chat-small"


def test_without_a_server_a_program_or_a_stack_it_says_what_to_install(invoke):
    error = invoke("serve", "llm").exception
    assert isinstance(error, WorldError)
    assert "nothing here can start it; install Ollama" in str(error)


def test_a_server_that_answers_already_is_used_and_fetches_what_it_lacks(invoke, project, ollama):
    result = invoke("serve", "llm")
    assert result.exit_code == 0
    assert f"Fetching {TAG}" in result.output
    assert f"chat answers at {wiring_serving.LOCAL}/v1 as 'chat'" in result.output
    kept = json.loads((load_settings().home / "llm.json").read_text())
    assert (kept["engine_model"], kept["digest"], kept["place"]) == (TAG, "7" * 64, "ram")
    assert "Fetching" not in invoke("serve", "llm").output


def test_an_installed_program_is_started_filled_and_ended(project, programs, monkeypatch):
    install(programs, "ollama")
    said = []

    def progress(done, total, unit):
        said.append(f"{done} of {total} {unit}")

    def stop(line):
        said.append(line)
        if "answers at" in line:
            raise KeyboardInterrupt

    settings = load_settings()
    with pytest.raises(KeyboardInterrupt):
        wiring_serving.serve_llm(settings.llm, project, settings.home, stop, progress)
    assert said[1].startswith("Starting: env OLLAMA_HOST=127.0.0.1:")
    assert "5000 of 5000 bytes" in said
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(wiring_serving.LOCAL.rpartition(":")[2])))


def test_a_compose_stack_is_started_with_the_plan_which_the_next_up_finds_in_the_env_file(invoke, project, programs):
    (project / "compose.yml").write_text("services: {}\n")
    log = install(programs, "docker")
    result = invoke("serve", "llm", "--model", "chat-small")
    assert result.exit_code == 0, result.exception
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    limits = {"LLM_MODEL": "chat-small", "OLLAMA_CONTEXT_LENGTH": "8192", "LLM_MEMORY": "4G"}
    assert calls[-1]["env"] == limits
    assert calls[-1]["words"] == ["compose", "--profile", "cpu", "up", "--detach", "--wait", "ollama-model"]
    assert dotenv_values(project / ".env") == limits | {"COMPOSE_PROFILES": "cpu"}
    assert "wrote COMPOSE_PROFILES=cpu LLM_MODEL=chat-small" in result.output
    assert ".env says LLM_MODEL=chat-small and stays so; the plan says chat" in invoke("serve", "llm").output
    assert json.loads(log.read_text().splitlines()[-1])["env"]["LLM_MODEL"] == "chat"
    assert json.loads((load_settings().home / "llm.json").read_text())["url"] == ""


def test_a_vllm_in_a_compose_stack_is_told_the_engines_model_and_to_answer_to_the_logical_name(
    invoke, project, programs, monkeypatch
):
    (project / "compose.yml").write_text("services: {}\n")
    log = install(programs, "docker")
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=ONE_BUSY_OF_TWO))
    monkeypatch.setattr(wiring_serving, "find_means", lambda *_, **__: GPU_COMPOSE)
    result = invoke("serve", "llm", "--model", "chat")
    assert result.exit_code == 0, result.exception
    call = json.loads(log.read_text().splitlines()[-1])
    assert call["words"] == ["compose", "--profile", "gpu", "up", "--detach", "--wait", "vllm"]
    assert (call["env"]["LLM_MODEL"], call["env"]["LLM_DEVICES"]) == ("chat", "1")
    words = call["env"]["LLM_ARGUMENTS"].split()
    assert words[0] == AWQ
    assert words[words.index("--served-model-name") + 1] == "chat"
    assert words[words.index("--host") + 1] == "0.0.0.0"


def test_a_vllm_that_serves_the_model_is_used_though_it_fills_the_gpu(invoke, vllm, monkeypatch):
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=(gpu(25.4, 22.0),)))
    result = invoke("serve", "llm")
    assert "chat on vLLM: is loaded already" in result.output
    assert "chat answers at" in result.output


def test_a_vllm_that_serves_another_model_is_not_taken_for_ours(invoke, vllm, monkeypatch):
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=(gpu(51.0, 20.0),)))
    error = invoke("serve", "llm", "--model", "chat-small").exception
    assert "serves another model than chat-small; stop it" in str(error)


def test_a_pull_records_the_digest(invoke, project, ollama):
    found = json.loads(invoke("llm", "pull", "--json", "--model", "chat-small").stdout)
    assert (found["engine_model"], found["digest"]) == ("qwen2.5:1.5b-instruct-q4_K_M", "1" * 64)
    assert "chat-small:latest" in ollama.tags
    said = invoke("llm", "pull").output
    assert "chat on Ollama: takes 6.0 GB" in said
    assert "7" * 64 in said


def test_what_does_not_fit_is_not_fetched_when_strict(invoke, ollama):
    error = invoke("llm", "pull", "--model", "chat-large", "--strict").exception
    assert "needs 51.3 GB" in str(error)
    assert ollama.tags == {}


def test_a_pull_without_a_server_says_how_to_start_one(invoke):
    assert "Next: seedbed serve llm" in str(invoke("llm", "pull").exception)


def test_a_pull_for_a_vllm_in_a_container_is_refused_with_the_way_out(invoke, vllm, monkeypatch):
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=(gpu(25.4),)))
    assert "seedbed llm pull --profile cpu" in str(invoke("llm", "pull").exception)


def test_a_pull_for_an_installed_vllm_fetches_the_pinned_commit(invoke, programs, monkeypatch):
    install(programs, "vllm")
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=(gpu(25.4),)))
    fetched = []
    monkeypatch.setattr(hub_models, "fetch_commit", lambda *words: fetched.append(words[:2]))
    found = json.loads(invoke("llm", "pull", "--json").stdout)
    assert fetched == [(AWQ, found["digest"])]
    assert len(found["digest"]) == 40


def test_the_status_of_what_runs_as_planned_is_no_warning(invoke, ollama):
    invoke("llm", "pull")
    ollama.load(TAG)
    result = invoke("llm", "status")
    assert result.exit_code == 0
    assert "ollama 0.35.1" in result.output
    assert "5.6 GB" in result.output
    assert "0%" in result.output


def test_the_status_warns_of_a_model_that_left_the_gpu(invoke, ollama, programs, monkeypatch):
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=(gpu(12.9),)))
    invoke("llm", "pull", "--profile", "cpu")
    ollama.load(TAG, vram=0, context=4096)
    result = invoke("llm", "status", "--json")
    assert result.exit_code == 1
    (server,) = json.loads(result.output)["servers"]
    assert ["0% of it is there" in each or "4,096 tokens" in each for each in server["warnings"]] == [True, True]


def test_serving_again_what_is_loaded_does_not_forget_where_it_was_planned(invoke, ollama, monkeypatch):
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=(gpu(12.9),)))
    invoke("llm", "pull", "--profile", "cpu")
    ollama.load(TAG, vram=0)
    monkeypatch.setattr(wiring_serving, "measure", lambda: machine(64, gpus=(gpu(12.9, 12.0),)))
    assert "is loaded already" in invoke("serve", "llm", "--profile", "cpu").output
    assert "was planned on the GPU; 0% of it is there" in invoke("llm", "status").output


def test_the_status_names_a_server_of_the_settings_that_is_away(invoke, monkeypatch):
    backends = [
        {"name": "gpu", "url": "http://127.0.0.1:1", "kind": "vllm"},
        {"name": "far", "url": "http://127.0.0.1:2"},
    ]
    monkeypatch.setenv("SEEDBED_LLM__BACKENDS", json.dumps(backends))
    result = invoke("llm", "status")
    assert result.exit_code == 1
    assert "Warning, gpu: vLLM at http://127.0.0.1:1 does not answer" in result.output
    assert "Warning, far: a server of kind openai says nothing of itself" in result.output


def test_the_status_of_nothing_says_where_to_begin(invoke):
    result = invoke("llm", "status")
    assert result.exit_code == 1
    assert "No server answers here. Next: seedbed serve llm --plan" in result.output


def test_what_was_served_and_no_longer_answers_is_a_warning(invoke, project, ollama, monkeypatch):
    invoke("llm", "pull")
    gone = f"http://127.0.0.1:{free_port()}"
    kept = json.loads((load_settings().home / "llm.json").read_text())
    (load_settings().home / "llm.json").write_text(json.dumps(kept | {"url": gone}))
    monkeypatch.setattr(wiring_serving, "LOCAL", gone)
    assert "Warning, local: no Ollama answers" in invoke("llm", "status").output


@pytest.mark.parametrize(
    ("hardware", "environ", "state", "words"),
    [
        (machine(16), {}, "ok", "chat on Ollama: takes 6.0 GB"),
        (machine(2, free=1), {}, "ok", "nothing can be served here"),
        (machine(16), {"SEEDBED_LLM__PROFILE": "gpu"}, "warning", "profile gpu was asked for"),
        (
            machine(16),
            {"SEEDBED_LLM__MODEL": "chat-large"},
            "warning",
            "chat on Ollama, because chat-large was asked for",
        ),
        (machine(32, gpus=(gpu(25.4),)), {}, "warning", "the GPU is not used"),
        (machine(16), {"SEEDBED_LLM__MODEL": "chta"}, "broken", "did you mean"),
    ],
)
def test_the_doctor_tells_the_plan(project, hardware, environ, state, words):
    found = {each.name: each for each in diagnose(load_settings(environ, project), project, hardware)}["language model"]
    assert (found.state, words in found.detail) == (state, True), found
    assert bool(found.mend) == (state != "ok")


def test_this_machine_has_a_plan(project, monkeypatch):
    monkeypatch.setattr(wiring_serving, "measure", measure)
    outlook = wiring_serving.plan_llm(load_settings().llm, project)
    assert all(each.why for each in outlook.plan.candidates)
