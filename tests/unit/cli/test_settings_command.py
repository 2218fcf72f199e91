"""Test the settings command.

tests/unit/cli/test_settings_command.py - v0.1.0
"""

import json

import pytest
import typer
from typer.testing import CliRunner

from seedbed.cli.commands import settings
from seedbed.errors import UserError

SECRET = "correct-horse-battery"


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    settings.register(app)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_every_setting_is_shown_with_its_source(invoke, tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("SEEDBED_STORE__KIND=qdrant\n")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    shown = {
        row[0]: row[1:] for row in (line.strip("│ ").split() for line in invoke().output.splitlines()) if len(row) > 4
    }
    assert shown["SEEDBED_STORE__KIND"][1::2] == ["qdrant", ".env"]
    assert shown["LOG_LEVEL"][1::2] == ["WARNING", "environment"]


def test_json_is_one_object(invoke, home):
    found = {each["name"]: each for each in json.loads(invoke("--json").output)["settings"]}
    assert found["home"]["value"] == str(home)
    assert found["home"]["source"] == "environment"
    assert found["chunk.overlap"] == {
        "name": "chunk.overlap",
        "variable": "SEEDBED_CHUNK__OVERLAP",
        "value": "0",
        "source": "default",
        "default": "0",
        "takes": "integer >= 0",
        "description": "tokens that neighbouring chunks share",
    }


@pytest.mark.parametrize("option", [(), ("--json",), ("--names",), ("--names", "--json")])
def test_a_secret_is_never_shown(invoke, monkeypatch, option):
    monkeypatch.setenv("SEEDBED_STORE__API_KEY", SECRET)
    monkeypatch.setenv("SEEDBED_TRACKING__URI", f"postgresql://ada:{SECRET}@tracking.example/mlflow")
    result = invoke(*option)
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert "SEEDBED_STORE__API_KEY" in result.output


def test_a_wrong_setting_is_refused(invoke, monkeypatch):
    monkeypatch.setenv("SEEDBED_STROE__KIND", "qdrant")
    assert isinstance(invoke().exception, UserError)


def test_what_can_be_set_is_listed_even_when_what_is_set_is_wrong(invoke, monkeypatch):
    monkeypatch.setenv("SEEDBED_STROE__KIND", "qdrant")
    result = invoke("--names")
    assert result.exit_code == 0
    assert "chroma, qdrant" in result.output


def test_help_shows_an_example(invoke):
    assert "ENVIRONMENT=staging seedbed settings" in invoke("--help").output
