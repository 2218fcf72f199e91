"""Test the commands that serve the API and make tokens for it.

tests/unit/cli/test_serve_and_token.py - v0.1.0
"""

import socket

import jwt
import pytest
import typer
from typer.testing import CliRunner

from seedbed.api import greeting, main
from seedbed.cli.commands import serve, token
from seedbed.errors import UserError, WorldError
from seedbed.ner.entity import ModelIdentity
from seedbed.settings import load_settings
from tests.unit.api.capitals import Capitals

IDENTITY = ModelIdentity("names", "3", "d" * 32, ("GPE",), 100, run_id="a" * 32)


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(main, "first_model", lambda _: IDENTITY)
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


def test_a_person_is_told_the_model_and_gets_a_link_that_lets_in(home, tmp_path):
    settings = load_settings({"SEEDBED_HOME": str(home)}, tmp_path)
    told = greeting.greeting(settings, "0.0.0.0", 8000, IDENTITY)
    assert told.startswith("entities: names 3, digest dddddddd, run aaaaaaaa\npage:     http://127.0.0.1:8000/#token=")
    claims = jwt.decode(
        told.strip().partition("#token=")[2], (home / "api.key").read_text().strip(), algorithms=["HS256"],
        audience="seedbed",
    )  # fmt: skip
    assert claims["scope"] == "experiments:read ner search"
    assert "no model" in greeting.greeting(settings, "::1", 8000, None)


def test_outside_dev_the_link_lets_nobody_in(tmp_path):
    settings = load_settings({"ENVIRONMENT": "prod", "SEEDBED_API__KEY": "k3y-" * 10}, tmp_path)
    assert greeting.page_link(settings, "::1", 8000) == "http://[::1]:8000/"


@pytest.fixture
def trained(monkeypatch):
    """Count how often the default model is made sure of, with one that then is there."""
    calls = []
    monkeypatch.setattr(greeting.wiring_ner, "ensure_default_model", lambda *given: calls.append(given))
    monkeypatch.setattr(greeting.wiring_ner, "recognizer", lambda *_: Capitals(IDENTITY))
    return calls


def test_the_default_model_is_trained_before_anything_is_served(home, tmp_path, trained):
    assert greeting.first_model(load_settings({"SEEDBED_HOME": str(home)}, tmp_path)) == IDENTITY
    assert len(trained) == 1


def test_a_chosen_model_that_is_not_there_is_told_at_the_start(home, tmp_path):
    settings = load_settings({"SEEDBED_HOME": str(home), "SEEDBED_NER__MODEL": "nowhere"}, tmp_path)
    with pytest.raises(UserError, match="nowhere"):
        greeting.first_model(settings)


def test_without_a_default_model_everything_else_is_served(home, tmp_path, trained, monkeypatch, caplog):
    def fails(*_):
        raise WorldError("the data is not there")

    monkeypatch.setattr(greeting.wiring_ner, "ensure_default_model", fails)
    assert greeting.first_model(load_settings({"SEEDBED_HOME": str(home)}, tmp_path)) is None
    assert "the data is not there" in [record.__dict__.get("reason") for record in caplog.records]
