"""Test that a server which is started is waited for, and not for ever.

tests/unit/serving/test_start.py - v0.1.0
"""

import sys
import time

import pytest

from seedbed.errors import WorldError
from seedbed.serving import start
from seedbed.serving.start import run_server

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_one_that_never_answers_is_told_of_and_ended(monkeypatch, caplog):
    monkeypatch.setattr(start, "_START_S", 0.5)
    monkeypatch.setattr(start, "_TELL_EVERY_S", 0.2)
    monkeypatch.setattr(start, "_PAUSE_S", 0.01)
    started = time.monotonic()
    with pytest.raises(WorldError, match=r"has not answered for 0\.5 s"):
        run_server(SLEEPS, lambda: False, pytest.fail)
    assert time.monotonic() - started < 20
    assert {record.message for record in caplog.records} == {"llm_server_starting"}


def test_one_that_answers_is_waited_for_to_its_end():
    answers = iter([False, True])
    seen = []
    assert run_server([sys.executable, "-c", "raise SystemExit(3)"], lambda: next(answers), lambda: seen.append(1)) == 3
    assert seen == [1]
