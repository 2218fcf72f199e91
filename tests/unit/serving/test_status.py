"""Test that what runs is compared with what was planned.

tests/unit/serving/test_status.py - v0.1.0
"""

import pytest

from seedbed.serving.servers import Loaded
from seedbed.serving.status import Served, keep, last_served, warnings

TAG = "qwen2.5:7b-instruct-q4_K_M"
PLANNED = Served(
    model="chat", engine="ollama", engine_model=TAG, place="gpu", context_tokens=8192, url="http://127.0.0.1:11434",
    digest="7" * 64,
)  # fmt: skip
ON_GPU = Loaded(model=TAG, size_bytes=5_600, gpu_bytes=5_600, context_tokens=8192)


@pytest.mark.parametrize("name", [TAG, "chat", "chat:latest"])
def test_what_runs_as_planned_is_no_warning(name):
    assert warnings(PLANNED, [ON_GPU.model_copy(update={"model": name})], "7" * 64) == []


def test_a_model_that_fell_back_to_the_processor_is_a_warning():
    found = warnings(PLANNED, [ON_GPU.model_copy(update={"gpu_bytes": 1_400})], None)
    assert found == [f"{TAG} was planned on the GPU; 25% of it is there, the rest in RAM"]
    assert (
        warnings(PLANNED.model_copy(update={"place": "ram"}), [ON_GPU.model_copy(update={"gpu_bytes": 0})], None) == []
    )


def test_less_context_than_planned_is_a_warning():
    (found,) = warnings(PLANNED, [ON_GPU.model_copy(update={"context_tokens": 4096})], None)
    assert "runs with 4,096 tokens of context, not the 8,192 planned" in found


def test_another_model_is_a_warning_and_none_yet_is_not():
    (found,) = warnings(PLANNED, [ON_GPU.model_copy(update={"model": "mistral:7b"})], None)
    assert found == f"{TAG} was planned and is not loaded; loaded is mistral:7b"
    assert warnings(PLANNED, [], None) == []  # Ollama loads at the first request
    assert warnings(PLANNED.model_copy(update={"engine": "vllm"}), [], None)


def test_a_tag_that_moved_to_another_digest_is_a_warning():
    (found,) = warnings(PLANNED, [], "8" * 64)
    assert found == f"{TAG} is 888888888888 now, not 777777777777 as when it was fetched"


def test_what_was_served_is_remembered_and_a_broken_memory_is_none(tmp_path):
    assert last_served(tmp_path) is None
    keep(PLANNED, tmp_path / "home")
    assert last_served(tmp_path / "home") == PLANNED
    (tmp_path / "home" / "llm.json").write_text("{")
    assert last_served(tmp_path / "home") is None
