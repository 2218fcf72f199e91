"""Keep every test on this machine, in a folder of its own, deaf to the developer's settings.

conftest.py - v0.1.0

Stands at the root because tests/, pipelines/tests/ and the examples in src/ all need it.

```mermaid
flowchart LR
    _loopback_only --> _outside
    home --> tmp_path
```
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from seedbed import logging_redaction

for name in [name for name in os.environ if name.startswith("SEEDBED_") and not name.startswith("SEEDBED_TEST_")] + [
    "ENVIRONMENT",
    "LOG_LEVEL",
    "SENTRY_DSN",
]:
    os.environ.pop(name, None)
os.environ |= {
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
hypothesis.settings.register_profile("seedbed", deadline=None, print_blob=True)  # two busy cores keep no deadline
hypothesis.settings.load_profile("seedbed")


def _outside(family: int, kind: int, address: object) -> bool:
    """Whether connecting there leaves this machine; a datagram socket's connect sends nothing."""
    if family not in (socket.AF_INET, socket.AF_INET6) or kind != socket.SOCK_STREAM or not isinstance(address, tuple):
        return False
    try:
        return not ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] != "localhost"


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse connections that leave this machine, and fail the test even where a library swallows the refusal."""
    attempts = []

    def guard(connect):
        def guarded(self, address):
            if _outside(self.family, self.type, address):
                attempts.append(address)
                raise ConnectionRefusedError(f"a test tried to reach {address}; tests stay on loopback")
            return connect(self, address)

        return guarded

    monkeypatch.setattr(socket.socket, "connect", guard(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guard(socket.socket.connect_ex))
    yield
    if attempts:
        pytest.fail(f"tried to leave this machine: {attempts}")


@pytest.fixture(autouse=True)
def _no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin without the values that an earlier one had masked."""
    monkeypatch.setattr(logging_redaction, "_known", frozenset())
    monkeypatch.setattr(logging_redaction, "_known_pattern", None)


@pytest.fixture(autouse=True)
def _same_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back what a test, or Prefect loading a flow, put on the search path: from `pipelines/` it hides `tests/`."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of this test: everything that reads settings uses it."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SEEDBED_HOME", str(folder))
    return folder
