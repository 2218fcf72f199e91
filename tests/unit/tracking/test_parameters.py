"""Check that a configuration becomes flat, complete and free of secrets.

tests/unit/tracking/test_parameters.py - v0.1.0
"""

import json
import math
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from seedbed.tracking.parameters import as_json, flatten


class Inner(BaseModel):
    key: SecretStr = SecretStr("hunter22222")
    sizes: tuple[int, ...] = (64, 128)


class Outer(BaseModel):
    inner: Inner = Inner()
    path: Path = Path("a/b")
    rate: float = 0.1
    name: str | None = None
    exact: bool = True


def test_nested_model_becomes_dotted_names_with_defaults():
    assert flatten(Outer()) == {
        "inner.key": "**********",
        "inner.sizes": "[64, 128]",
        "path": "a/b",
        "rate": "0.1",
        "name": "null",
        "exact": "true",
    }


def test_secret_in_a_plain_mapping_is_masked():
    assert "hunter" not in json.dumps(as_json({"server": {"password": SecretStr("hunter22222")}, "more": [Outer()]}))


def test_secret_that_only_its_name_or_its_shape_gives_away_is_masked():
    class Plain(BaseModel):
        api_token: str = "tok-4711"
        pin_password: int = 4711
        endpoint: str = "https://bob:hunter3pw@localhost:6333"
        database: str = "postgresql://bob:hunter3pw@db/mlflow"
        max_tokens: int = 4711

    assert flatten(Plain()) == {
        "api_token": "***",
        "pin_password": "***",
        "endpoint": "https://***@localhost:6333",
        "database": "postgresql://***@db/mlflow",
        "max_tokens": "4711",
    }
    assert flatten({"list": [{"token": "tok-4711"}], "server.api_key": "tok-4711"}) == {
        "list": '[{"token": "***"}]',
        "server.api_key": "***",
    }


def test_values_that_json_does_not_know_become_text():
    kind = Enum("Kind", {"A": "a"})
    config = {"when": datetime(2026, 1, 2, tzinfo=UTC), "kind": kind.A, "odd": {3}, "what": object, "bytes": b"x"}
    flat = flatten(config)
    assert (flat["when"], flat["kind"], flat["odd"], flat["bytes"]) == ("2026-01-02T00:00:00Z", "a", "[3]", "x")
    assert "object" in flat["what"]


def test_empty_configuration_has_no_parameters_and_an_empty_section_is_kept():
    assert flatten({}) == {}
    assert flatten({"section": {}, "list": []}) == {"section": "{}", "list": "[]"}


def test_text_stays_what_it_is():
    assert flatten({"prompt": "query: ", "umlaut": "ä", "number": "7"}) == {
        "prompt": "query: ",
        "umlaut": "ä",
        "number": "7",
    }


@given(st.floats())
def test_floats_come_back_to_the_last_bit(value):
    again = float(flatten({"x": value})["x"])
    assert again == value or (math.isnan(again) and math.isnan(value))
