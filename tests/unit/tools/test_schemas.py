"""Test that generated files are checked for drift.

tests/unit/tools/test_schemas.py - v0.1.0
"""

import json
import re

import pytest
from dotenv import dotenv_values
from jsonschema import Draft202012Validator

from seedbed.settings import load_settings
from tools import schemas
from tools.schemas import env_example, main, settings_schema

GENERATED = schemas.generated()


@pytest.fixture(autouse=True)
def _made_once(monkeypatch):
    monkeypatch.setattr(schemas, "generated", lambda: GENERATED)


def test_files_as_written_pass_the_check(tmp_path):
    assert main(["--write"], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


@pytest.mark.parametrize("name", list(GENERATED))
def test_a_file_that_differs_fails_the_check_with_the_command_to_run(tmp_path, capsys, name):
    main(["--write"], tmp_path)
    (tmp_path / name).write_text("stale")
    assert main(["--check"], tmp_path) == 1
    output = capsys.readouterr().out
    assert name in output
    assert "python -m tools.schemas --write" in output


def test_a_missing_file_fails_the_check(tmp_path):
    assert main(["--check"], tmp_path) == 1


@pytest.mark.parametrize("arguments", [[], ["--all"], ["--write", "--check"]])
def test_other_words_are_refused(tmp_path, arguments):
    assert main(arguments, tmp_path) == 2


def test_the_schema_describes_the_settings(tmp_path):
    schema = json.loads(settings_schema())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(load_settings({}, tmp_path).model_dump(mode="json"))


def test_the_env_example_changes_nothing_and_its_lines_work(tmp_path):
    (tmp_path / ".env").write_text(env_example())
    assert dotenv_values(tmp_path / ".env") == {}
    given = re.findall(r"^#([A-Z_]+=.+)$", env_example(), re.MULTILINE)
    (tmp_path / ".env").write_text("\n".join(given))
    with_defaults = load_settings({"SEEDBED_HOME": str(tmp_path / ".seedbed")}, tmp_path / "away")
    assert len(given) > 20
    assert load_settings({}, tmp_path) == with_defaults
