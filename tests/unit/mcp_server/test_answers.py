"""Test that answers stay short and that faults are told in one line.

tests/unit/mcp_server/test_answers.py - v0.1.0
"""

import json
import logging

import pytest
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from seedbed.errors import UserError, WorldError
from seedbed.mcp_server.answers import MAX_CHARS, bounded, in_one_line


class Asked(BaseModel):
    k: int


@pytest.mark.parametrize(
    "answer",
    [
        {"params": {f"p{i}": "x" * 6_000 for i in range(500)}},
        {"params": {f"p{i}": ["x" * 6_000] * 10 for i in range(500)}},
        {"findings": [{"run_id": "f" * 32, "missing": ["seed"] * 9} for _ in range(10_000)]},
        {"runs": [{"metrics": {f"metric number {i}": 0.123456789 for i in range(500)}} for _ in range(20)]},
    ],
)
def test_an_answer_that_is_too_long_is_cut_and_says_so(answer):
    cut = bounded(answer)
    assert len(json.dumps(cut)) <= MAX_CHARS + 100
    assert cut["cut"].startswith("texts after ")


def test_runs_of_a_page_are_never_cut_away_since_the_next_page_begins_behind_them():
    cut = bounded({"runs": [{"metrics": {f"metric number {i}": 0.123456789 for i in range(500)}} for _ in range(20)]})
    assert len(cut["runs"]) == 20


def test_an_answer_that_is_short_enough_is_left_alone():
    answer = {"runs": [], "next_token": None}
    assert bounded(answer) is answer


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UserError("there is no run 'beef'.\nNext: seedbed runs"), "there is no run 'beef'. Next: seedbed runs"),
        (WorldError("the store is away"), "the store is away"),
        (HTTPException(429, "too much is waiting"), "too much is waiting"),
        (TimeoutError(), "search took too long; ask for less, or come back later"),
    ],
)
def test_a_fault_that_people_meet_is_told_as_it_is(error, told):
    assert in_one_line(error, "search") == told


def test_an_argument_that_is_wrong_is_named():
    with pytest.raises(ValidationError) as caught:
        Asked.model_validate({"k": "many"})
    assert in_one_line(caught.value, "search").startswith("search was not asked as its schema says: k: Input should be")


def test_a_crash_is_logged_and_its_text_is_not_told(caplog):
    with caplog.at_level(logging.ERROR):
        told = in_one_line(KeyError("/home/ada/secret"), "search")
    assert "ada" not in told
    assert "search failed" in told
    assert caplog.records[0].exc_info is not None


def test_a_fault_of_any_length_is_told_in_a_bounded_line():
    assert len(in_one_line(UserError("x" * 100_000), "search")) < 2_200
