"""Test what `seedbed mcp` refuses before it serves anybody.

tests/unit/cli/test_mcp_command.py - v0.1.0
"""

import sys

import pytest
import typer
from typer.testing import CliRunner

from seedbed.cli.commands import mcp
from seedbed.errors import UserError


@pytest.fixture
def invoke():
    app = typer.Typer()
    mcp.register(app)
    return lambda *words: CliRunner().invoke(app, words, catch_exceptions=False)


def test_a_project_that_is_no_folder_is_told(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="'nowhere' is no folder to work in"):
        invoke("--project", "nowhere")


def test_without_the_package_the_extra_is_told(invoke, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("seedbed.mcp_server")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    with pytest.raises(UserError, match=r'add "seedbed\[mcp\]" to the dependencies'):
        invoke()


def test_help_shows_an_example(invoke):
    assert "Example: seedbed mcp --project" in invoke("--help").output
