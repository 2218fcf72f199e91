"""Test what `make containers` says where it cannot begin, and what it asks of the services.

tests/unit/tools/test_containers.py - v0.1.0
"""

import json
from http.server import BaseHTTPRequestHandler

import pytest

from seedbed.errors import WorldError
from tests.loopback import answering, say
from tools import containers, journey
from tools.journey import Traveller, travel

CHAMPION = "c" * 32


class Stack(BaseHTTPRequestHandler):
    """Answers like a stack whose deployment ends in the state that its token names; LOST: its run is not recorded."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/runs"):
            say(self, {"links": {"status": "/v1/pipelines/runs/1"}})
        elif self.path == "/v1/search":
            say(self, {"hits": [{"text": asked["query"]}]})
        elif self.path == "/v1/ner":
            say(self, {"model_version": "1", "model": {"run_id": CHAMPION}})
        else:
            assert asked["model"] == "chat"
            say(self, {"choices": [1], "usage": {"completion_tokens": 8}})

    def do_GET(self) -> None:
        state = self.headers["Authorization"].removeprefix("Bearer ")
        if "pipelines" in self.path:
            say(self, {"state": "COMPLETED" if state == "LOST" else state, "message": "no room"})
        elif self.path == "/v1/models":
            say(self, {"data": [{"id": "qwen2.5:7b-instruct-q4_K_M"}, {"id": "chat"}]})
        else:
            run = {"run_id": "r1", "status": "RUNNING" if state == "LOST" else "FINISHED"}
            say(self, {"runs": [run | {"num_metrics": 0 if state == "LOST" else 3}]})


@pytest.fixture
def url():
    with answering(Stack) as url:
        yield url


def test_the_journey_goes_from_the_deployment_to_its_run_and_to_a_search(url):
    lines = list(travel(Traveller(url, "COMPLETED"), CHAMPION))
    assert lines[0] == "embed-corpus/dev completed"
    assert lines[1] == "its run r1 is FINISHED with 3 metrics"
    assert lines[2] == "/v1/search finds 1 chunks of what it indexed"
    assert lines[4] == "chat answers through the gateway with 8 tokens of 'chat'"


@pytest.mark.parametrize(("token", "champion", "said"), [
    ("LOST", CHAMPION, "RUNNING"), ("COMPLETED", "another", CHAMPION),
])  # fmt: skip
def test_a_run_that_is_not_recorded_or_a_champion_that_does_not_answer_ends_the_journey(
    url, monkeypatch, token, champion, said
):
    monkeypatch.setattr(journey, "_PATIENCE_S", 0)
    with pytest.raises(WorldError, match=said):
        list(travel(Traveller(url, token), champion))


def test_a_deployment_that_failed_ends_the_journey_with_its_reason(url):
    with pytest.raises(WorldError, match="ended as FAILED: no room"):
        list(travel(Traveller(url, "FAILED"), CHAMPION))


def test_without_an_engine_one_line_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert containers.main() == 2
    said = capsys.readouterr().out
    assert "no container engine with Compose answers; start one, then run: make containers" in said
