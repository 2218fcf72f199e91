"""Test that the health check of our images says whether something answers.

tests/unit/deploy/test_healthcheck.py - v0.1.0
"""

from http.server import BaseHTTPRequestHandler

from deploy.healthcheck import main
from tests.loopback import answering, say


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        say(self, None, 200 if self.path == "/health" else 503)


def test_an_answer_is_healthy_and_a_fault_or_silence_is_not(capsys):
    with answering(Answers) as url:
        assert main(f"{url}/health") == 0
        assert main(f"{url}/ready") == 1
    assert "503" in capsys.readouterr().out
    assert main("http://127.0.0.1:1/health") == 1


def test_a_proxy_for_the_world_outside_is_not_asked(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with answering(Answers) as url:
        assert main(f"{url}/health") == 0
