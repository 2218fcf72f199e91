"""Test what `make containers` says where it cannot begin, and what it asks of the services.

tests/unit/tools/test_containers.py - v0.1.0
"""

import json
from http.server import BaseHTTPRequestHandler

import pytest

from seedbed.errors import WorldError
from tests.loopback import answering, say
from tools import containers
from tools.journey import Traveller, travel


class Stack(BaseHTTPRequestHandler):
    """Answers like a stack whose deployment ends in the state that its token names."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/runs"):
            say(self, {"links": {"status": "/v1/pipelines/runs/1"}})
        elif self.path == "/v1/search":
            say(self, {"hits": [{"text": asked["query"]}]})
        else:
            say(
                self,
                {"entities": [{"text": "London"}], "choices": [1], "usage": {"completion_tokens": 8}, "model": "m"},
            )

    def do_GET(self) -> None:
        state = self.headers["Authorization"].removeprefix("Bearer ")
        say(self, {"state": state, "message": "no room"} if "pipelines" in self.path else {"runs": [{"run_id": "r1"}]})


@pytest.fixture
def url():
    with answering(Stack) as url:
        yield url


def test_the_journey_goes_from_the_deployment_to_its_run_and_to_a_search(url):
    lines = list(travel(Traveller(url, "COMPLETED")))
    assert lines[0] == "embed-corpus/dev completed"
    assert lines[1] == "its run r1 is in /experiments"
    assert lines[2] == "/v1/search finds 1 chunks of what it indexed"


def test_a_deployment_that_failed_ends_the_journey_with_its_reason(url):
    with pytest.raises(WorldError, match="ended as FAILED: no room"):
        list(travel(Traveller(url, "FAILED")))


def test_without_an_engine_one_line_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert containers.main() == 2
    said = capsys.readouterr().out
    assert "no container engine with Compose answers; start one, then run: make containers" in said
