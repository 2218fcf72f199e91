"""Test the commands that serve the API and make tokens for it.

tests/unit/cli/test_serve_and_token.py - v0.1.0
"""

import socket

import jwt
import pytest
import typer
from typer.testing import CliRunner

from seedbed.api import main
from seedbed.cli.commands import serve, token
from seedbed.errors import UserError, WorldError


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    serve.register(app)
    token.register(app)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_a_token_says_who_may_do_what_and_until_when(invoke, home):
    result = invoke("token", "--scope", "search", "--scope", "ner", "--ttl", "60", "--subject", "ada")
    key = (home / "api.key").read_text().strip()
    claims = jwt.decode(result.output.strip(), key, algorithms=["HS256"], audience="seedbed", issuer="seedbed")
    assert (claims["sub"], claims["scope"], claims["exp"] - claims["iat"]) == ("ada", "ner search", 60)


def test_an_unknown_scope_is_refused_with_the_nearest(invoke):
    assert "did you mean 'search'?" in str(invoke("token", "--scope", "serach").exception)


def test_outside_dev_it_does_not_start_without_a_key(invoke, monkeypatch):
    monkeypatch.setenv("ENVIRONMENT", "staging")
    error = invoke("serve", "api").exception
    assert isinstance(error, UserError)
    assert "SEEDBED_API__KEY is not set" in str(error)


def test_several_workers_need_a_store_that_is_a_server(invoke):
    assert "--workers 1" in str(invoke("serve", "api", "--workers", "2").exception)


def test_a_port_that_is_taken_is_named(invoke):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        error = invoke("serve", "api", "--port", str(other.getsockname()[1])).exception
    assert isinstance(error, WorldError)
    assert "--port 8001" in str(error)


def test_what_is_served_is_what_was_asked_for(invoke, monkeypatch):
    given = {}
    monkeypatch.setattr(main.uvicorn, "run", lambda app, **options: given.update(options, app=app))
    assert invoke("serve", "api", "--host", "127.0.0.1", "--port", "8123").exit_code == 0
    assert given["app"] == "seedbed.api.main:application"
    assert (given["host"], given["port"], given["workers"]) == ("127.0.0.1", 8123, 1)
    assert given["timeout_graceful_shutdown"] > 60
