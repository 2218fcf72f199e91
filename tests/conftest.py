"""Let every test see what our loggers say, whoever set logging up before.

tests/conftest.py - v0.1.0

Prefect, once a flow has run in this process, keeps what `seedbed` logs from the root logger, where pytest listens.
"""

import logging

import pytest


@pytest.fixture(autouse=True)
def _heard(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = logging.getLogger("seedbed")
    monkeypatch.setattr(ours, "propagate", True)
    monkeypatch.setattr(ours, "handlers", [])
    monkeypatch.setattr(ours, "disabled", False)
