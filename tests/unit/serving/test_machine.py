"""Test what is found on a machine that could start a server of language models.

tests/unit/serving/test_machine.py - v0.1.0
"""

import pytest

from seedbed import hardware
from seedbed.serving.machine import Means, find_means
from tests.unit.serving.machines import gpu, machine

WITH_GPU = machine(32, gpus=(gpu(25.4),))
ANSWERS = '#!/bin/sh\ncase "$*" in *Runtimes*) echo \'{"runc": {}, "nvidia": {}}\';; esac\n'


@pytest.fixture
def docker(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hardware, "_CDI_FOLDERS", ())
    program = tmp_path / "docker"

    def write(text):
        program.write_text(text)
        program.chmod(0o755)

    return write


def test_nothing_is_found_where_nothing_is(docker, tmp_path):
    assert find_means(tmp_path, WITH_GPU) == Means()


def test_an_engine_counts_where_the_project_has_a_stack(docker, tmp_path):
    docker(ANSWERS)
    assert not find_means(tmp_path, WITH_GPU).compose
    (tmp_path / "compose.yml").write_text("services: {}\n")
    found = find_means(tmp_path, WITH_GPU)
    assert (found.compose, found.container_gpus, found.why_no_vllm()) == (True, "nvidia runtime", "")
    assert find_means(tmp_path, machine(32)).container_gpus == ""


def test_an_engine_that_does_not_answer_is_none(docker, tmp_path):
    docker("#!/bin/sh\nexit 1\n")
    (tmp_path / "compose.yml").write_text("services: {}\n")
    assert not find_means(tmp_path, WITH_GPU).compose


def test_programs_are_found_on_the_path(docker, tmp_path):
    for name in ("ollama", "vllm"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    found = find_means(tmp_path, WITH_GPU, serving=("ollama",), loaded=("chat:latest",))
    assert found == Means(ollama=True, vllm=True, serving=("ollama",), loaded=("chat:latest",))
    assert all(found.can_start(engine) for engine in ("ollama", "vllm"))
