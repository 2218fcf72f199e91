"""Test what is chosen on machines of many kinds, and that each choice is explained.

tests/unit/serving/test_plan.py - v0.1.0
"""

from pathlib import Path

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.serving.catalogue import load_catalogue
from seedbed.serving.config import LlmConfig
from seedbed.serving.machine import Means
from seedbed.serving.plan import demand, make_plan
from tests.unit.serving.machines import (
    COMPOSE,
    EIGHT_H100,
    GPU_COMPOSE,
    NOTHING,
    OLLAMA,
    ONE_BUSY_OF_TWO,
    gpu,
    machine,
)

CATALOGUE = load_catalogue(Path(__file__).parents[3])

# machine, means, expected (model, engine, place), words of the reason, words of what is less than hoped for
MACHINES = {
    "no GPU, 8 GB": (machine(8), COMPOSE, ("chat-small", "ollama", "ram"), ["takes 1.8 GB", "of 4.9 GB in RAM"], ""),
    "no GPU, 16 GB": (machine(16), OLLAMA, ("chat", "ollama", "ram"), ["takes 6.0 GB", "4.7 weights", "in RAM"], ""),
    "no GPU, 128 GB": (machine(128), COMPOSE, ("chat", "ollama", "ram"), ["takes 6.0 GB"], ""),
    "GPU of 8 GB": (
        machine(32, gpus=(gpu(8.6),)),
        GPU_COMPOSE,
        ("chat-small", "vllm", "gpu"),
        ["takes 6.0 GB", "of 7.3 GB on GPU 0"],
        "",
    ),
    "GPU of 12 GB": (
        machine(32, gpus=(gpu(12.9),)),
        GPU_COMPOSE,
        ("chat", "vllm", "gpu"),
        ["takes 9.2 GB", "of 11.0 GB"],
        "",
    ),
    "GPU of 80 GB": (
        machine(256, gpus=(gpu(85.0, 0.6, capability="9.0"),)),
        GPU_COMPOSE,
        ("chat-large", "vllm", "gpu"),
        ["takes 51.3 GB", "41.6 weights", "of 72.2 GB on GPU 0"],
        "",
    ),
    "two GPUs of 48 GB": (
        machine(256, gpus=tuple(gpu(51.0, index=i) for i in range(2))),
        GPU_COMPOSE,
        ("chat-large", "vllm", "gpu"),
        ["takes 27.8 GB", "on each of GPUs 0, 1"],
        "",
    ),
    "eight GPUs of 80 GB": (
        machine(2000, gpus=EIGHT_H100),
        Means(vllm=True),
        ("chat-large", "vllm", "gpu"),
        ["of 72.2 GB on GPU 0"],
        "",
    ),
    "GPU without container runtime": (
        machine(32, gpus=(gpu(25.4),)),
        COMPOSE,
        ("chat", "ollama", "ram"),
        ["takes 6.0 GB", "in RAM"],
        "the GPU is not used: chat-small on vLLM: containers do not reach the GPU",
    ),
    "GPU without container runtime, Ollama installed": (
        machine(32, gpus=(gpu(25.4),)),
        Means(compose=True, ollama=True),
        ("chat", "ollama", "gpu"),
        ["24.5 GB on the GPU"],
        "",
    ),
    "RAM limited by a control group": (
        machine(64, free=3, limit=4),
        COMPOSE,
        ("chat-small", "ollama", "ram"),
        ["gives this process 4.0 GB of 64.0 GB"],
        "",
    ),
    "unified memory of Apple": (
        machine(64, free=56, platform="darwin", arch="arm64"),
        OLLAMA,
        ("chat", "ollama", "gpu"),
        ["on the GPU"],
        "",
    ),
    "unified memory of Apple, 128 GB": (
        machine(128, free=100, platform="darwin", arch="arm64"),
        OLLAMA,
        ("chat-large", "ollama", "gpu"),
        ["of 96.0 GB on the GPU"],
        "",
    ),
    "unified memory of Apple, containers only": (
        machine(64, platform="darwin", arch="arm64"),
        COMPOSE,
        ("chat", "ollama", "ram"),
        ["in RAM"],
        "",
    ),
    "unified memory of NVIDIA": (
        machine(128, gpus=(gpu(128, 20, capability="12.1", unified=True),), arch="aarch64"),
        GPU_COMPOSE,
        ("chat-large", "vllm", "gpu"),
        ["takes 51.3 GB"],
        "",
    ),
    "VRAM in use by others": (
        machine(64, gpus=(gpu(25.4, 12.0),)),
        GPU_COMPOSE,
        ("chat", "vllm", "gpu"),
        ["other programs hold 12.0 GB, so vLLM gets 0.49 of the memory instead of 0.85"],
        "",
    ),
    "VRAM nearly full": (
        machine(64, gpus=(gpu(25.4, 22.0),)),
        GPU_COMPOSE,
        ("chat", "ollama", "ram"),
        ["in RAM"],
        "the GPU is not used: chat-small on vLLM: needs 6.0 GB",
    ),
    "the first of two GPUs is busy": (
        machine(64, gpus=ONE_BUSY_OF_TWO),
        GPU_COMPOSE,
        ("chat", "vllm", "gpu"),
        ["on GPU 1"],
        "",
    ),
    "a GPU too old for vLLM": (
        machine(64, gpus=(gpu(12.9, capability="6.1"),)),
        GPU_COMPOSE,
        ("chat", "ollama", "ram"),
        ["takes 6.0 GB"],
        "the GPU is not used: chat-small on vLLM: bfloat16 needs compute capability 8.0, the best GPU here has 6.1",
    ),
    "a GPU too old for vLLM, Ollama installed": (
        machine(64, gpus=(gpu(12.9, capability="6.1"),)),
        OLLAMA,
        ("chat", "ollama", "gpu"),
        ["on the GPU"],
        "",
    ),
    "a GPU without bfloat16": (
        machine(64, gpus=(gpu(16.9, capability="7.5"),)),
        GPU_COMPOSE,
        ("chat", "vllm", "gpu"),
        ["takes 9.2 GB"],
        "",
    ),
}


def plan(hardware, means=COMPOSE, **config):
    return make_plan(CATALOGUE, hardware, means, LlmConfig(**config))


@pytest.mark.parametrize("name", MACHINES)
def test_each_machine_gets_the_model_that_fits_and_hears_why(name):
    hardware, means, expected, words, less = MACHINES[name]
    found = plan(hardware, means)
    assert (found.chosen.model, found.chosen.engine, found.chosen.fit.place) == expected, found.reason()
    assert all(word in found.reason() for word in words), found.reason()
    assert found.less_than_asked.startswith(less) if less else found.less_than_asked == ""
    assert len(found.candidates) == 6
    assert all(each.why for each in found.candidates)
    assert demand(found, strict=False) == found.chosen


@pytest.mark.parametrize("name", MACHINES)
def test_strict_refuses_exactly_what_is_less_than_hoped_for(name):
    hardware, means, _, _, less = MACHINES[name]
    found = plan(hardware, means)
    if less:
        with pytest.raises(UserError, match="--strict refuses"):
            demand(found, strict=True)
    else:
        assert demand(found, strict=True) == found.chosen


def test_what_was_left_out_says_its_numbers():
    found = plan(machine(16))
    reasons = {(each.model, each.profile): each.why for each in found.candidates if not each.kept}
    assert reasons["chat-large", "cpu"].startswith(
        "needs 51.3 GB (47.0 weights + 2.7 cache for 8,192 tokens + 1.6 over"
    )
    assert reasons["chat-large", "gpu"] == "no NVIDIA device is visible (no /dev/nvidiactl)"


def test_a_model_that_crawls_in_ram_is_served_only_by_name():
    crawling = next(
        each for each in plan(machine(128)).candidates if each.model == "chat-large" and each.profile == "cpu"
    )
    assert not crawling.kept
    assert "each token reads 47 GB of weights from RAM; ask for it by name: --model chat-large" in crawling.why
    assert plan(machine(128), model="chat-large").chosen.model == "chat-large"


def test_a_profile_that_cannot_be_had_is_said_and_strict_refuses_it():
    found = plan(machine(16), profile="gpu")
    assert found.chosen.engine == "ollama"
    assert found.less_than_asked.startswith("profile gpu was asked for: chat-small on vLLM: no NVIDIA device")
    with pytest.raises(UserError, match="Example: seedbed serve llm --profile cpu --model chat"):
        demand(found, strict=True)


def test_profile_cpu_leaves_the_gpu_alone():
    found = plan(machine(32, gpus=(gpu(25.4),)), GPU_COMPOSE, profile="cpu")
    assert (found.chosen.engine, found.less_than_asked) == ("ollama", "")


def test_a_model_that_does_not_fit_gives_way_to_the_next_smaller():
    found = plan(machine(32, gpus=(gpu(25.4),)), GPU_COMPOSE, model="chat-large")
    assert found.chosen.model == "chat"
    assert found.less_than_asked.startswith("chat-large was asked for: chat-large on vLLM: needs 51.3 GB")


def test_a_smaller_model_than_fits_is_served_when_it_is_asked_for():
    found = plan(machine(256, gpus=EIGHT_H100), Means(vllm=True), model="chat-small")
    assert (found.chosen.model, found.less_than_asked) == ("chat-small", "")
    assert [each.why for each in found.candidates if each.model == "chat"] == ["chat-small was asked for"] * 2


def test_an_embedding_model_is_served_only_by_name_and_by_no_chat_model():
    found = plan(machine(16), model="embed")
    assert {each.model for each in found.candidates} == {"embed"}
    assert found.chosen.engine_model == "qwen3-embedding:0.6b-q8_0"
    assert all(each.model != "embed" for each in plan(machine(16)).candidates)


def test_the_asked_model_in_ram_beats_a_smaller_one_on_the_gpu():
    found = plan(machine(128, gpus=(gpu(25.4),)), GPU_COMPOSE, model="chat-large")
    assert (found.chosen.model, found.chosen.fit.place) == ("chat-large", "ram")
    assert found.less_than_asked.startswith("the GPU is not used: chat-large on vLLM: needs")


def test_where_nothing_fits_it_says_what_the_smallest_needs():
    found = plan(machine(2, free=1))
    assert found.chosen is None
    assert "chat-small on Ollama: needs 1.8 GB" in found.reason()
    with pytest.raises(WorldError, match="nothing can be served here"):
        demand(found, strict=False)


def test_without_any_program_the_plan_is_made_all_the_same():
    found = plan(machine(16), NOTHING)
    assert found.chosen.model == "chat"
    assert not NOTHING.can_start("ollama")


def test_an_unknown_model_is_refused():
    with pytest.raises(UserError, match="did you mean 'chat'"):
        plan(machine(16), model="chta")


def test_a_profile_that_was_asked_for_is_kept_rather_than_the_model():
    found = plan(machine(128, gpus=(gpu(25.4),)), GPU_COMPOSE, profile="gpu", model="chat-large")
    assert (found.chosen.model, found.chosen.engine) == ("chat", "vllm")
    assert found.less_than_asked.startswith("chat-large was asked for: chat-large on vLLM: needs 51.3 GB")
