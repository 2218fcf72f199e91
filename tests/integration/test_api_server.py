"""Test the API as a process on a port.

tests/integration/test_api_server.py - v0.1.0
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.ner_model import small_model
from tests.store_servers import free_port

SEEDBED = Path(sys.executable).parent / "seedbed"


@contextmanager
def served(home, tmp_path, *options, **variables):
    """Start `seedbed serve api`, yield its address and process; its log is in `log.jsonl` afterwards."""
    port = free_port()
    model = small_model(tmp_path / "model")
    environment = os.environ | {"SEEDBED_HOME": str(home), "SEEDBED_NER__MODEL": str(model)} | variables
    with (tmp_path / "log.jsonl").open("w") as log:
        command = [SEEDBED, "serve", "api", "--port", str(port), *options]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=tmp_path)
        try:
            for _ in range(300):
                if process.poll() is not None or _answers(port):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)  # a model that is being loaded is loaded to the end


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def token(home, tmp_path, *scopes):
    options = [option for scope in scopes for option in ("--scope", scope)]
    environment = os.environ | {"SEEDBED_HOME": str(home)}
    done = subprocess.run(
        [SEEDBED, "token", *options], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
    )
    return {"Authorization": f"Bearer {done.stdout.strip()}"}


@pytest.mark.slow
def test_it_starts_lets_in_by_token_logs_json_and_finishes_what_it_accepted(home, tmp_path):
    with served(home, tmp_path) as (url, process):
        assert httpx.get(f"{url}/health").json() == {"status": "alive"}
        assert httpx.get(f"{url}/experiments").status_code == 401
        headers = token(home, tmp_path, "experiments:read", "ner")
        found = httpx.post(f"{url}/v1/ner", json={"text": "to Oslo"}, headers=headers, timeout=60).json()
        assert found["results"][0]["entities"][0]["text"] == "Oslo"
        assert httpx.get(f"{url}/experiments", headers=headers, timeout=60).status_code == 200
        answers = []

        def ask():  # its second half is sent after the process was told to end
            host, port = url.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port)), timeout=30) as connection:
                head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                body = '{"input": "x"}'
                connection.sendall(
                    f"POST /v1/nothing HTTP/1.1\r\nHost: {host}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
                )
                sent.set()
                time.sleep(1)
                connection.sendall(body.encode())
                answers.append(connection.recv(65536))

        sent = threading.Event()
        asking = threading.Thread(target=ask)
        asking.start()
        sent.wait(10)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        asking.join()
        assert answers[0].startswith(b"HTTP/1.1 404")
        assert process.wait(30) in (0, -signal.SIGTERM)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert all(line["request_id"] for line in lines if line["message"] == "request")
    assert [line["extra"]["ner_model"][:5] for line in lines if line["message"] == "serving"] == ["model"]
    assert any(line["module"].startswith("uvicorn") for line in lines)
    assert headers["Authorization"].split()[1] not in (tmp_path / "log.jsonl").read_text()


@pytest.mark.slow
def test_several_workers_count_together(home, tmp_path):
    store = {"SEEDBED_STORE__URL": "http://127.0.0.1:9"}
    with served(home, tmp_path, "--workers", "2", **store) as (url, _):
        for _ in range(20):
            assert httpx.get(f"{url}/health", timeout=30).status_code == 200
        numbers = httpx.get(f"{url}/metrics").text
    counted = [float(line.split()[-1]) for line in numbers.splitlines() if 'route="/health",status="200"' in line]
    assert counted == [20.0]
