"""Test that a pinned commit is fetched from a hub on loopback that answers as Hugging Face does.

tests/unit/serving/test_hub_models.py - v0.1.0
"""

import hashlib
import json
import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import huggingface_hub
import huggingface_hub.constants
import huggingface_hub.utils._http
import pytest

from seedbed.errors import UserError, WorldError
from seedbed.serving.adapters.hub_models import fetch_commit
from tests.loopback import answering

REPOSITORY, COMMIT = "org/model", "c" * 40
FILES = {"config.json": b"{}", "model.safetensors": b"w" * 100_000, "README.md": b"# not needed"}


class Hub(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked.append(self.path)
        files = [{"rfilename": name, "size": len(body)} for name, body in FILES.items()]
        about = {"id": REPOSITORY, "sha": COMMIT, "siblings": files}
        tree = [
            {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}
            for name, body in FILES.items()
        ]
        path = self.path.partition("?")[0]
        if path == f"/api/models/{REPOSITORY}/revision/{COMMIT}":
            return self.answer(json.dumps(about).encode())
        if path.startswith(f"/api/models/{REPOSITORY}/tree/{COMMIT}"):
            return self.answer(json.dumps(tree).encode())
        name = path.removeprefix(f"/{REPOSITORY}/resolve/{COMMIT}/")
        if name in FILES:
            return self.answer(FILES[name])
        self.answer(b"{}", 404, {"x-error-code": "RepoNotFound"})

    def answer(self, body, status=200, headers=None):
        etag = hashlib.sha256(body).hexdigest()
        self.send_response(status)
        given = {"content-length": str(len(body)), "etag": f'"{etag}"', "x-repo-commit": COMMIT, **(headers or {})}
        for key, value in given.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def impatient(monkeypatch):
    """The library tries again for 20 s before it says that nobody answers; here it does so at once."""
    monkeypatch.setattr(huggingface_hub.utils._http.time, "sleep", lambda _: None)


@pytest.fixture
def hub(cache):
    Hub.asked.clear()
    with answering(Hub) as url:
        yield url


def test_what_vllm_loads_is_fetched_with_progress_and_only_once(hub, tmp_path):
    seen = []
    fetch_commit(REPOSITORY, COMMIT, lambda *numbers: seen.append(numbers), endpoint=hub)
    fetched = {file.name for file in (tmp_path / "cache").rglob(f"snapshots/{COMMIT}/*")}
    assert fetched == {"config.json", "model.safetensors"}
    assert seen[-1] == (100_002, 100_002, "bytes")
    Hub.asked.clear()
    fetch_commit(REPOSITORY, COMMIT, lambda *_: None, endpoint=hub)
    assert not any("resolve" in path for path in Hub.asked)


def test_a_repository_that_is_not_there_is_the_users_fault(hub):
    with pytest.raises(
        UserError, match=r"org/other at cccccccccccc is not on Hugging Face, or not for you.*hf auth login"
    ):
        fetch_commit("org/other", COMMIT, lambda *_: None, endpoint=hub)


class Breaking(Hub):
    """Sends half of the weights and resets the connection: a router that forgot it, a balancer that restarts."""

    def answer(self, body, status=200, headers=None):
        if self.command == "HEAD" or len(body) < 100_000:
            return super().answer(body, status, headers)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


class Failing(Hub):
    def answer(self, body, status=200, headers=None):
        super().answer(b"", 500)


@pytest.mark.parametrize("kind", [Breaking, Failing])
def test_a_hub_that_breaks_off_is_the_worlds_fault(kind, cache, impatient):
    with (
        answering(kind) as url,
        pytest.raises(WorldError, match=r"org/model at cccccccccccc cannot be fetched: .+\. Next: seedbed llm pull"),
    ):
        fetch_commit(REPOSITORY, COMMIT, lambda *_: None, endpoint=url)


def test_a_hub_where_nobody_listens_is_the_worlds_fault(cache, impatient):
    with answering(Hub) as url:
        pass
    with pytest.raises(WorldError, match=r"cannot be fetched: .+\. Next: seedbed llm pull"):
        fetch_commit(REPOSITORY, COMMIT, lambda *_: None, endpoint=url)
