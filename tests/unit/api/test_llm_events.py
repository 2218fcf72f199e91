"""Test that a stream is read whole, and passed on as it came.

tests/unit/api/test_llm_events.py - v0.1.0
"""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.api.llm import events
from seedbed.api.llm.breaker import MAX_FAILURES, MAX_REST_S, REST_S, Breaker
from seedbed.api.llm.events import Splitter, TooLongError, Transcript

USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}\n\n'
STREAM = (
    b': ping\n\ndata: {"choices": [{"delta": {"role": "assistant"}, "finish_reason": null}], "usage": null}\r\n\r\n'
    b'data: {"choices": [{"delta": {"content": "\xc3\xa9"}}]}\n\nevent: x\ndata: not json\n\n'
    b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n' + USAGE + b"data: [DONE]\n\n"
)


def taken(data, cuts, **options):
    transcript = Transcript(**options)
    places = [0, *sorted(cuts), len(data)]
    pieces = [transcript.take(data[start:end]) for start, end in pairwise(places)]
    return b"".join(pieces), transcript


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_bytes_are_passed_on_as_they_came_wherever_they_are_cut(cuts):
    said, transcript = taken(STREAM, cuts, shows_usage=True)
    assert said == STREAM
    assert (transcript.is_done, transcript.num_pieces) == (True, 1)
    assert transcript.usage == {"prompt_tokens": 3, "completion_tokens": 2}


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_the_count_that_only_we_asked_for_is_left_out(cuts):
    said, transcript = taken(STREAM, cuts, shows_usage=False)
    assert said == STREAM.replace(USAGE, b"")
    assert transcript.usage["completion_tokens"] == 2


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (b'data: {"choices": [{"delta": {"content": "a"}, "finish_reason": null}]}\n\n', False),
        (b'data: {"choices": [{"text": "a", "finish_reason": "length"}]}\n\n', True),
        (b"data: [DONE]\n\n", True),
        (b"data: [DONE]\n", False),
        (b'data: {"error": {"message": "no"}}\n\n', True),
        (b'data: {"error": "no"}\n\n', True),
        (b"data: 5\n\ndata: []\n\n", False),
    ],
)
def test_a_stream_is_whole_when_it_says_why_it_ends(data, is_whole):
    assert taken(data, [], shows_usage=True)[1].is_whole is is_whole


def test_an_event_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(events, "MAX_EVENT_BYTES", 100)
    splitter = Splitter()
    splitter.feed(b"data: " + b"x" * 90)
    with pytest.raises(TooLongError):
        splitter.feed(b"x" * 10)


def test_an_error_in_words_is_kept():
    assert taken(b'data: {"error": "no"}\n\n', [], shows_usage=True)[1].error == {"message": "no"}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def broken(clock, num_failures):
    breaker = Breaker(clock)
    for _ in range(num_failures):
        breaker.failed()
    return breaker


def test_a_server_is_left_alone_after_failures_in_a_row():
    assert broken(Clock(), MAX_FAILURES - 1).admits()
    assert not broken(Clock(), MAX_FAILURES).admits()
    breaker = broken(Clock(), MAX_FAILURES - 1)
    breaker.succeeded()
    breaker.failed()
    assert breaker.admits()


def test_one_trial_is_admitted_after_a_rest_and_no_second_beside_it():
    clock = Clock()
    breaker = broken(clock, MAX_FAILURES)
    clock.now = REST_S
    assert [breaker.admits(), breaker.admits()] == [True, False]
    breaker.succeeded()
    assert [breaker.admits(), breaker.admits()] == [True, True]


def test_rests_grow_to_a_bound():
    clock = Clock()
    breaker = broken(clock, MAX_FAILURES)
    clock.now = REST_S
    assert breaker.admits()
    breaker.failed()
    assert breaker.wait_s == 2 * REST_S
    for _ in range(2000):
        breaker.failed()
    assert breaker.wait_s == MAX_REST_S


def test_a_trial_that_nobody_reports_on_costs_one_rest():
    clock = Clock()
    breaker = broken(clock, MAX_FAILURES)
    clock.now = REST_S
    assert breaker.admits()
    clock.now = 2 * REST_S
    assert breaker.admits()


def test_an_event_of_another_form_does_no_harm():
    body = json.dumps({"choices": [{"delta": None}, 5, {"delta": 5}], "usage": [1]}).encode()
    said, transcript = taken(b"data: " + body + b"\n\n", [], shows_usage=False)
    assert (said, transcript.usage) == (b"data: " + body + b"\n\n", {})
