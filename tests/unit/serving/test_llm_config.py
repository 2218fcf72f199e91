"""Test how backends are named in the settings, and that their keys stay there.

tests/unit/serving/test_llm_config.py - v0.1.0
"""

import json

import pytest

from seedbed.errors import UserError
from seedbed.logging_redaction import redact_text
from seedbed.settings import explain, load_settings

VARIABLE = "SEEDBED_LLM__BACKENDS"
KEY = "staple-battery-horse"


def backends(*given, **environ):
    return {VARIABLE: given[0] if isinstance(given[0], str) else json.dumps(given), **environ}


def refusal(environ, folder):
    with pytest.raises(UserError) as caught:
        load_settings(environ, folder)
    assert KEY not in str(caught.value)
    return str(caught.value)


def test_backends_are_a_json_list_in_one_variable(tmp_path):
    gpu = {"name": "gpu", "url": "http://127.0.0.1:8001/v1/", "kind": "vllm", "api_key": KEY}
    found = load_settings(backends(gpu, {"name": "other", "url": "https://llm.example/tgi"}), tmp_path).llm.backends
    assert [(each.name, each.url, each.kind) for each in found] == [
        ("gpu", "http://127.0.0.1:8001", "vllm"),
        ("other", "https://llm.example/tgi", "openai"),
    ]
    assert found[0].api_key.get_secret_value() == KEY


def test_no_backend_is_the_default_and_an_empty_line_says_the_same(tmp_path):
    assert load_settings({VARIABLE: ""}, tmp_path).llm.backends == ()
    assert load_settings({VARIABLE: "[]"}, tmp_path).llm.backends == ()


def test_a_key_is_masked_in_the_log_and_in_the_list_of_settings(tmp_path):
    environ = backends({"name": "a", "url": "https://llm.example", "api_key": KEY})
    shown = next(each.value for each in explain(environ, tmp_path) if each.name == "llm.backends")
    assert "llm.example" in shown
    assert KEY not in shown
    assert redact_text(f"sent {KEY}") == "sent ***"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ('[{"api_key": "staple-battery-horse"', "a JSON list, like [{"),
        ({"name": "a", "url": "llm.example", "api_key": KEY}, "without a name, password"),
        ({"name": "a", "url": f"https://me:{KEY}@llm.example"}, "without a name, password"),
        ({"name": "a", "url": "https://llm.example", "kind": "tgi", "api_key": KEY}, "'ollama', 'vllm' or 'openai'"),
        ({"name": "a", "url": "https://llm.example", "api_key": ""}, "leave api_key out"),
    ],
)
def test_what_is_no_backend_is_refused_in_words_that_hide_the_key(tmp_path, given, words):
    assert words in refusal(backends(given), tmp_path)


def test_two_backends_of_one_name_are_refused(tmp_path):
    same = {"name": "a", "url": "https://llm.example"}
    assert "['a'] stand twice" in refusal(backends(same, same), tmp_path)


def test_outside_dev_nothing_travels_in_clear_text(tmp_path):
    given = {"name": "gpu", "url": "http://llm.example", "api_key": KEY}
    environ = {"ENVIRONMENT": "prod", "SEEDBED_API__KEY": "k" * 40}
    assert "does not ask for encryption on the way to 'llm.example'" in refusal(backends(given, **environ), tmp_path)
    load_settings(backends(given | {"url": "http://127.0.0.1:8001"}, **environ), tmp_path)
