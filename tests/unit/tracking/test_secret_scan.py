"""Check that secrets are seen and ordinary code is not taken for one.

tests/unit/tracking/test_secret_scan.py - v0.1.0
"""

import time
from pathlib import Path

import pytest

from seedbed.logging_redaction import remember_secrets
from seedbed.tracking.secret_scan import find_secret

# Put together at run time, so that no scanner takes this file for a leak.
LETTERS = "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD3fG5hJ7k"
SECRETS = {
    "a private key": "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
    "an AWS access key": "AKIA" + "Z7Q2M4N6P8R1S3T5",
    "a GitHub token": "gh" + "p_" + LETTERS[:36],
    "a GitLab token": "glpat" + "-" + LETTERS[:20],
    "a Slack token": "xox" + "b-" + "123456789012",
    "a Hugging Face token": "hf" + "_" + LETTERS[:34],
    "a Google API key": "AI" + "za" + LETTERS[:35],
    "an API key": "sk" + "-proj-" + LETTERS[:32],
    "a JSON web token": ".".join(["eyJ" + LETTERS[:12], "eyJ" + LETTERS[:20], LETTERS[:20]]),
    "a value of 'db_password'": "db_password = " + "'correct-horse-7'",
    "a value of 'API_KEY'": "+API_KEY=" + LETTERS[:16],
    "a value of 'token'": '  "token": "' + LETTERS[:12] + '",',
    "a value of 'secret'": "secret: str = '" + LETTERS[:12] + "'",
    "a password in an address": "postgresql://mlflow:" + "s3cr3tpass@db:5432/mlflow",
}


@pytest.mark.parametrize(("what", "text"), SECRETS.items(), ids=SECRETS.keys())
def test_secret_is_named_with_its_line_and_never_shown(what, text):
    found = find_secret(f"+++ b/file.py\n+x = 1\n{text}\n+y = 2\n")
    assert found == f"{what} (line 3)"
    assert LETTERS[:12] not in found


@pytest.mark.parametrize(
    "text",
    [
        "password: SecretStr | None = None",
        "token = settings.tracking.token",
        "password=config.password.get_secret_value()",
        'os.environ["API_KEY"]',
        "num_tokens = 123456789",
        "tokens=tokenizer.encode(text)",
        "MLFLOW_PASSWORD=${MLFLOW_PASSWORD:?}",
        "password: changeme-changeme",
        "POSTGRES_PASSWORD=<your password>",
        "https://user:${TOKEN}@example.org/",
        'secret = "**********"',
        'tokenizer = "bert-base-uncased-v1"',
        'num_tokens: "12345678a"',
        "max_tokens: PositiveInt | None = Field(None)",
        "task-1234567890abcdefghijkl",
        "def test_token_is_refused_by_name():",
    ],
)
def test_ordinary_code_is_no_secret(text):
    assert find_secret(text) == ""


def test_the_source_of_this_package_holds_nothing_that_looks_like_a_secret():
    found = {path.name: find_secret(path.read_text()) for path in (Path(__file__).parents[3] / "src").rglob("*.py")}
    assert {name: what for name, what in found.items() if what} == {}


def test_secret_of_the_settings_is_seen_whatever_it_looks_like():
    remember_secrets(["plainwordsonly"])
    assert find_secret("a\nb plainwordsonly c") == "a secret of the settings (line 2)"


def test_long_text_is_read_in_little_time():
    text = "x = compute(token_count, other)\n" * 60_000 + "a" * 200_000 + "token" * 20_000
    started = time.perf_counter()
    find_secret(text)
    assert time.perf_counter() - started < 5
