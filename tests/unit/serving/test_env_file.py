"""Test that variables of Compose are written where nobody has chosen, and nowhere else.

tests/unit/serving/test_env_file.py - v0.1.0
"""

import pytest
from dotenv import dotenv_values

from seedbed.errors import WorldError
from seedbed.serving.env_file import choose

CPU = {"COMPOSE_PROFILES": "cpu"}


def test_an_env_file_is_made_that_only_its_owner_reads(tmp_path):
    file = tmp_path / ".env"
    assert choose(file, CPU) == ["wrote COMPOSE_PROFILES=cpu to .env"]
    assert dotenv_values(file) == {"COMPOSE_PROFILES": "cpu"}
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", ["A=1", "A=1\n", "#COMPOSE_PROFILES=gpu\nA=1\n", "MY_COMPOSE_PROFILES=x\nA=1\n"])
def test_what_stands_there_stays(tmp_path, before):
    file = tmp_path / ".env"
    file.write_text(before)
    choose(file, {"COMPOSE_PROFILES": "gpu"})
    assert file.read_text().startswith(before)
    assert dotenv_values(file)["COMPOSE_PROFILES"] == "gpu"
    assert dotenv_values(file)["A"] == "1"


@pytest.mark.parametrize(
    "line",
    ["COMPOSE_PROFILES=gpu", "export COMPOSE_PROFILES = gpu", "COMPOSE_PROFILES='gpu' # mine", "COMPOSE_PROFILES="],
)
def test_a_choice_is_never_changed_and_the_difference_is_said(tmp_path, line):
    file = tmp_path / ".env"
    file.write_text(f"{line}\n")
    (said,) = choose(file, CPU)
    assert file.read_text() == f"{line}\n"
    assert "stays so; the plan says cpu: delete the line to follow it" in said


def test_a_choice_that_agrees_is_left(tmp_path):
    file = tmp_path / ".env"
    file.write_text("COMPOSE_PROFILES=cpu,observability\n")
    assert choose(file, CPU) == [".env has COMPOSE_PROFILES=cpu,observability already"]


def test_of_several_variables_each_is_written_that_nobody_has_set(tmp_path):
    file = tmp_path / ".env"
    file.write_text("LLM_MEMORY=20G\nLLM_MODEL=\n")
    said = choose(file, {"LLM_MODEL": "chat", "LLM_MEMORY": "8G", "OLLAMA_CONTEXT_LENGTH": "8192"})
    assert dotenv_values(file) == {"LLM_MEMORY": "20G", "LLM_MODEL": "", "OLLAMA_CONTEXT_LENGTH": "8192"}
    assert [each.partition(" and stays so")[0] for each in said] == [
        "wrote OLLAMA_CONTEXT_LENGTH=8192 to .env",
        ".env says LLM_MODEL=",
        ".env says LLM_MEMORY=20G",
    ]


def test_the_second_time_nothing_is_written(tmp_path):
    choose(tmp_path / ".env", CPU)
    before = (tmp_path / ".env").read_text()
    choose(tmp_path / ".env", CPU)
    assert (tmp_path / ".env").read_text() == before


def test_a_file_that_cannot_be_written_says_what_to_write_by_hand(tmp_path):
    (tmp_path / ".env").mkdir()
    with pytest.raises(WorldError, match="write COMPOSE_PROFILES=cpu there by hand"):
        choose(tmp_path / ".env", CPU)
