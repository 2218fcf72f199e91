"""Test what is masked, and what is not.

tests/unit/test_logging_redaction.py - v0.1.0
"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed import logging_redaction
from seedbed.logging_redaction import Json, is_secret_name, redact_text, redact_tree, remember_secrets

S = "Zx9-s3cr3t"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{S}\nabc\n-----END RSA PRIVATE KEY-----"


@pytest.fixture
def no_known_secrets(monkeypatch):
    monkeypatch.setattr(logging_redaction, "_known", frozenset())
    monkeypatch.setattr(logging_redaction, "_known_pattern", None)


@pytest.mark.parametrize(
    "text",
    [
        f"password={S}",
        f"PASSWORD: {S}",
        f'"db_password": "{S}"',
        f"{{'api_key': '{S} and more'}}",
        f"password='{S}",
        f"pass: '{S}'".replace("pass", "passphrase"),
        f"client_secret={S}&x=1",
        f"GET /x?api_key={S}&page=2",
        f"https://host/f?X-Amz-Signature={S}&X-Amz-Credential={S}",
        f"https://host/f?sv=1&sig={S}",
        f"Authorization: Bearer {S}",
        f"Authorization: {S}",
        f"{{'authorization': 'Basic {S}'}}",
        f"[(b'authorization', b'Bearer {S}'), (b'x-api-key', b'{S}')]",
        f"curl -H 'authorization: Bearer {S}'",
        f"sent bearer {S}1",
        f"Cookie: a=1; session={S}",
        f"Set-Cookie: session={S}; HttpOnly",
        f"postgresql://ada:{S}@db.example:5432/x",
        f"https://{S}:@host/path".replace(f"{S}:", f":{S}"),
        f"redis://:{S}@cache:6379/0",
        f"token={S}",
        f"hf_token: {S}",
        f"AWS_SECRET_ACCESS_KEY={S}",
        KEY,
        f"cut off: {KEY[:45]}",
        f"eyJhbGciOi.eyJzdWIi.{S}",
    ],
)
def test_a_secret_is_masked_by_its_surroundings(no_known_secrets, text):
    assert S not in redact_text(text)
    assert "***" in redact_text(text)


@pytest.mark.parametrize(
    "text",
    ["AKIAIOSFODNN7EXAMPLE", "ghp_" + "a1" * 18, "sk-" + "Ab1" * 10, "hf_" + "aB" * 17, "xoxb-1234567890-abcdefghij"],
)
def test_a_token_of_a_known_shape_is_masked(no_known_secrets, text):
    assert redact_text(f"it is {text}.") == "it is ***."


def test_an_address_of_a_person_is_masked_down_to_its_host(no_known_secrets):
    assert redact_text("from ada.lovelace+x@mail.example.org, sent") == "from ***@mail.example.org, sent"


@pytest.mark.parametrize(
    "text",
    [
        "num_tokens=512, max_tokens: 256, tokens=51",
        "tokenizer: fast",
        "the secret of speed is batching",
        "basic authentication",
        "the bearer authentication failed",
        "http://127.0.0.1:8000/api/v2 answered 200",
        "2026-11-23T15:08:00.123Z store_opened shard 4/9 at 10:15",
        "passed=12 failed=0 signal=9 design=new",
        "sqlite:////home/x/.seedbed/mlflow.db",
        "results_digest=53aa51172d142c89d9012cce15ae4d6c",
        "user@localhost",
    ],
)
def test_what_is_no_secret_stays_readable(no_known_secrets, text):
    assert redact_text(text) == text


def test_a_known_secret_is_masked_in_every_form_text_carries_it(no_known_secrets):
    secret = 'pä"ss\\w/rd ?'
    remember_secrets([secret, "abc"])
    forms = [secret, repr(secret), "p%C3%A4%22ss%5Cw%2Frd%20%3F", r"p\u00e4\"ss\\w/rd ?"]
    for form in forms:
        assert redact_text(f"<{form}>") in {"<***>", "<'***'>"}
    assert redact_text("abc") == "abc", "too short to be masked everywhere"


def test_secrets_are_remembered_beside_those_of_before(no_known_secrets):
    remember_secrets(["first-one"])
    remember_secrets(["second-one", "first-one-and-longer"])
    assert redact_text("first-one second-one first-one-and-longer") == "*** *** ***"


def test_a_tree_is_masked_by_keys_and_by_texts(no_known_secrets):
    nested: Json = [{"Api-Key": {"a": 1}, "note": f"token={S}"}]
    assert redact_tree({"password": 1, "nested": nested, "api_key": None, "n": 1.5, f"token={S}": 1}) == {
        "password": "***",
        "nested": [{"Api-Key": "***", "note": "token=***"}],
        "api_key": None,
        "n": 1.5,
        "token=***": 1,
    }


@pytest.mark.parametrize(
    "name", ["password", "DB_PASSWORD", "store.api_key", "x-api-key", "access_token", "Authorization"]
)
def test_a_name_gives_a_secret_away(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["num_tokens", "max_tokens", "tokens", "tokenizer", "path", "seed", "passed", "design"]
)
def test_a_name_that_only_looks_alike_gives_nothing_away(name):
    assert not is_secret_name(name)


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text):
    once = redact_text(text)
    assert redact_text(once) == once


HOSTILE = (
    *("a", "a.", "a@", "a@a.", "a:", "'", '"', "\\", "_", "password", "password='\\", "token=", "http://", "eyJaaaaa."),
    *("bearer ", "cookie:", "authorization,", "sk-", "secret-", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----"),
)


@pytest.mark.parametrize("part", HOSTILE)
def test_a_hostile_message_does_not_stall_the_logger(part):
    start = time.perf_counter()
    redact_text(part * (32_768 // len(part)))
    assert time.perf_counter() - start < 1
