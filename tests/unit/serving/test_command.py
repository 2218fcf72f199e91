"""Test the commands that serve a model, as text and by running them with programs of those names.

tests/unit/serving/test_command.py - v0.1.0
"""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.serving import entrypoint
from seedbed.serving.catalogue import load_catalogue
from seedbed.serving.command import as_text, server_command
from seedbed.serving.config import LlmConfig
from seedbed.serving.machine import Means
from seedbed.serving.plan import make_plan
from tests.unit.serving.machines import EIGHT_H100, GPU_COMPOSE, ONE_BUSY_OF_TWO, gpu, machine
from tests.unit.serving.stand_in import install

CATALOGUE = load_catalogue(Path(__file__).parents[3])


def command(hardware, means, **config):
    chosen = make_plan(CATALOGUE, hardware, means, LlmConfig(**config)).chosen
    return as_text(server_command(chosen, CATALOGUE.find(chosen.model)))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def logged(log):
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH on which only `env`, `sh` and what a test installs can be found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("env", "sh"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_vllm_is_started_with_what_the_catalogue_pins_and_under_both_names():
    assert command(machine(64, gpus=(gpu(25.4),)), GPU_COMPOSE) == (
        "vllm serve Qwen/Qwen2.5-7B-Instruct-AWQ --revision b25037543e9394b818fdfca67ab2a00ecc7dd641 "
        "--served-model-name chat Qwen/Qwen2.5-7B-Instruct-AWQ --host 127.0.0.1 --port 11434 "
        "--dtype float16 --max-model-len 16384 --tensor-parallel-size 1 --gpu-memory-utilization 0.85"
    )


def test_ollama_gets_its_limits_by_its_environment():
    assert command(machine(16), Means(ollama=True)) == (
        "env OLLAMA_HOST=127.0.0.1:11434 OLLAMA_CONTEXT_LENGTH=8192 OLLAMA_KEEP_ALIVE=30m OLLAMA_NUM_PARALLEL=1 "
        "OLLAMA_NO_CLOUD=1 ollama serve"
    )


def test_vllm_is_kept_off_a_gpu_that_others_fill():
    line = command(machine(64, gpus=ONE_BUSY_OF_TWO), GPU_COMPOSE)
    assert line.startswith("env CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=1 vllm serve ")


def test_vllm_spreads_over_as_few_gpus_as_hold_the_model_and_takes_less_where_others_are():
    two = tuple(gpu(51.0, index=i) for i in range(2))
    assert " --tensor-parallel-size 2 " in command(machine(256, gpus=two), GPU_COMPOSE)
    assert " --tensor-parallel-size 1 " in command(machine(256, gpus=EIGHT_H100), GPU_COMPOSE)
    busy = command(machine(64, gpus=(gpu(25.4, 12.0),)), GPU_COMPOSE)
    assert busy.endswith("--gpu-memory-utilization 0.49")


def test_an_embedding_model_is_served_for_vectors():
    assert command(machine(64, gpus=(gpu(25.4),)), GPU_COMPOSE, model="embed").endswith("--runner pooling")


def test_the_image_prints_the_same_command_that_the_command_line_shows(programs, capsys, monkeypatch):
    install(programs, "vllm")
    monkeypatch.setattr(entrypoint, "measure", lambda: machine(64, gpus=(gpu(25.4),)))
    assert entrypoint.main(["--print", "--host", "127.0.0.1"]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip() == command(machine(64, gpus=(gpu(25.4),)), Means(vllm=True))
    assert logged_events(captured.err)["llm_planned"]["reason"].startswith("chat on vLLM: takes 9.2 GB")


def logged_events(text):
    lines = [json.loads(line) for line in text.splitlines()]
    return {line["message"]: line["extra"] for line in lines}


@pytest.mark.parametrize(
    ("installed", "arguments", "hardware", "code", "words"),
    [
        (None, [], machine(16), 1, "neither vllm nor ollama is on the PATH"),
        ("vllm", [], machine(16), 1, "profile gpu was asked for: chat-small on vLLM: no NVIDIA device"),
        ("ollama", ["--model", "chat-large", "--strict"], machine(16), 2, "chat-large was asked for"),
        ("ollama", ["--model", "chta"], machine(16), 2, "did you mean 'chat'"),
        ("ollama", [], machine(2, free=1), 1, "nothing can be served here"),
    ],
)
def test_an_image_that_cannot_serve_says_why_in_a_line_of_json(
    programs, monkeypatch, capsys, installed, arguments, hardware, code, words
):
    if installed:
        install(programs, installed)
    monkeypatch.setattr(entrypoint, "measure", lambda: hardware)
    assert entrypoint.main(arguments) == code
    output = capsys.readouterr()
    assert words in logged_events(output.out + output.err)["llm_not_served"]["reason"]


def test_the_image_runs_ollama_fetches_the_model_and_ends_it_when_it_is_told_to(programs, tmp_path):
    log, port = install(programs, "ollama"), str(free_port())
    arguments = ["--host", "127.0.0.1", "--port", port, "--model", "chat-small"]
    process = subprocess.Popen(
        [sys.executable, "-m", "seedbed.serving.entrypoint", *arguments],
        env=os.environ | {"PATH": str(programs)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines = []
        while not lines or "llm_ready" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], lines
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0
    serve, *then = logged(log)
    assert serve["words"] == ["serve"]
    assert serve["env"]["OLLAMA_HOST"] == f"127.0.0.1:{port}"
    tag = "qwen2.5:1.5b-instruct-q4_K_M"
    assert [each["words"] for each in then] == [["pull", tag], ["cp", tag, "chat-small"]]
    assert set(logged_events("".join(lines))) == {"llm_planned", "llm_ready"}
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0


def test_a_server_that_ends_before_it_answers_ends_the_image(programs, monkeypatch, capfd):
    install(programs, "ollama")
    (programs / "broken").touch()
    monkeypatch.setattr(entrypoint, "measure", lambda: machine(16))
    assert entrypoint.main(["--port", str(free_port())]) == 1
    assert "ollama ended with code 3 before it answered" in capfd.readouterr().out
