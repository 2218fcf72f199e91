"""Test that the health check of our images says whether something answers.

tests/unit/deploy/test_healthcheck.py - v0.1.0
"""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.healthcheck import main


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def url():
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_is_healthy_and_a_fault_or_silence_is_not(url, capsys):
    assert main(f"{url}/health") == 0
    assert main(f"{url}/ready") == 1
    assert "503" in capsys.readouterr().out
    assert main("http://127.0.0.1:1/health") == 1
