"""Test that whatever is logged becomes one line that follows the schema.

tests/unit/test_logging_format.py - v0.1.0
"""

import json
import logging
import sys
import time
from collections import UserDict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from seedbed.logging_format import MAX_EXTRA_CHARS, JsonLine, RedactedMessage

SCHEMA = json.loads((Path(__file__).parents[2] / "m2m" / "log-event.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


def record(message="event", *args, exc_info=None, **extra):
    made = logging.LogRecord("a.b", logging.INFO, "file.py", 7, message, args, exc_info, "function")
    vars(made).update(extra)
    return made


def event(*args, **extra):
    line = JsonLine().format(record(*args, **extra))
    assert len(line.splitlines()) == 1
    found = json.loads(line)
    VALIDATOR.validate(found)
    return found


def fault(error):
    try:
        raise error
    except type(error):
        return sys.exc_info()


def test_a_record_becomes_the_fields_of_the_schema():
    made = record("shard_committed", num_chunks=512)
    made.created, made.msecs = datetime(2026, 11, 23, 15, 8, 1, 45_000, UTC).timestamp(), 45.0
    assert json.loads(JsonLine().format(made)) == {
        "timestamp": "2026-11-23T15:08:01.045Z",
        "level": "INFO",
        "message": "shard_committed",
        "module": "a.b",
        "function": "function",
        "line": 7,
        "request_id": None,
        "run_id": None,
        "extra": {"num_chunks": 512},
        "exc_info": None,
    }


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_message_is_one_valid_line(message):
    assert isinstance(event(message)["message"], str)


@given(ANYTHING)
def test_any_extra_is_one_valid_line(value):
    event("event", value=value)


def test_a_traceback_is_one_string():
    text = event("failed", exc_info=fault(ValueError("two\nlines")))["exc_info"]
    assert text.startswith("Traceback")
    assert text.endswith("ValueError: two\nlines")


def test_stack_info_is_kept():
    assert event("here", stack_info="Stack:\n  a")["extra"] == {"stack_info": "Stack:\n  a"}


def test_values_that_json_knows_stay_what_they_are_and_others_become_text():
    extra = event(
        "event",
        count=np.int64(3), rate=np.float32(0.5), flag=True, none=None, path=Path("a/b"), id=UUID(int=1), v=np.ones(2),
        when=datetime(2026, 1, 1, tzinfo=UTC), data=b"abc", choices={"x"}, pair=(1, 2), nan=float("nan"), huge=10**30,
    )["extra"]  # fmt: skip
    assert extra == {
        "count": 3, "rate": 0.5, "flag": True, "none": None, "path": "a/b", "id": str(UUID(int=1)), "v": "[1. 1.]",
        "when": "2026-01-01 00:00:00+00:00", "data": "<3 bytes>", "choices": ["x"], "pair": [1, 2], "nan": "nan",
        "huge": str(10**30),
    }  # fmt: skip


def test_what_ray_puts_on_every_record_is_no_fact_of_ours():
    assert event("event", _ray_timestamp_ns=1, size=3)["extra"] == {"size": 3}


def test_an_integer_too_long_for_text_is_still_a_line():
    assert "without text" in event("event", n=10**5000)["extra"]["n"]


def test_a_value_that_has_no_text_is_still_a_line():
    class Mute:
        def __str__(self):
            raise RuntimeError

    assert event("event", value=Mute())["extra"] == {"value": "<Mute without text: RuntimeError>"}
    assert "RuntimeError" in event("%s", Mute())["message"]


def test_a_message_that_has_no_text_is_still_a_line():
    class Mute:
        def __str__(self):
            raise RuntimeError

    assert "RuntimeError" in event(Mute())["message"]


def test_arguments_that_do_not_fit_are_said_to():
    assert event("%d docs", "many")["message"] == "%d docs (arguments do not fit: TypeError)"


def test_a_container_that_cannot_be_read_is_still_a_line():
    class Broken(UserDict[str, int]):
        def items(self):
            raise RuntimeError

    assert event("event", value=Broken())["extra"] == {"lost": "['value']: RuntimeError"}


def test_a_value_that_holds_itself_is_cut_off():
    value: list[object] = []
    value.append(value)
    event("event", value=value)


def test_a_long_message_keeps_its_beginning_and_its_end():
    message = event("a" * 50_000 + "the end")["message"]
    assert len(message) < 9_000
    assert message.startswith("aaa")
    assert message.endswith("the end")


def test_very_many_values_neither_make_a_long_line_nor_take_long():
    extra = {f"key{number}": ["x" * 8_000] * 90 for number in range(90)}
    start = time.perf_counter()
    found = event("event", **extra)
    assert time.perf_counter() - start < 2
    assert len(json.dumps(found)) < 2 * MAX_EXTRA_CHARS
    assert found["extra"]["key0"][0] == "x" * 8_000


def test_a_lone_surrogate_is_replaced():
    assert event("a\ud800b", key="\udfff")["message"] == "a?b"


def test_secrets_are_masked_in_message_arguments_extra_and_traceback():
    found = event(
        "password=%s",
        "hunter2",
        exc_info=fault(ValueError("token=hunter2")),
        url="https://a:hunter2@b",
        api_key="hunter2",
    )
    assert "hunter2" not in json.dumps(found)
    assert found["extra"] == {"url": "https://***@b", "api_key": "***"}


def test_what_is_sent_to_a_server_is_masked_too():
    text = RedactedMessage().format(record("password=%s", "hunter2", exc_info=fault(ValueError("token=hunter2"))))
    assert text.startswith("password=***\nTraceback")
    assert "hunter2" not in text


@pytest.mark.parametrize("missing", ["message", "run_id", "extra"])
def test_the_schema_refuses_an_event_without_a_field(missing):
    found = event("event")
    del found[missing]
    assert not VALIDATOR.is_valid(found)


def test_the_schema_refuses_fields_of_its_own_making():
    assert not VALIDATOR.is_valid(event("event") | {"user": 1})
    assert not VALIDATOR.is_valid(event("event") | {"timestamp": "2026-11-23 15:08:01"})
