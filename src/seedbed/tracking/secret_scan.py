"""Find secrets in a text before it is kept.

src/seedbed/tracking/secret_scan.py - v0.1.0

Refuses rather too much: a diff that is not kept costs a little, a key in a shared store is lost.

```mermaid
flowchart LR
    find_secret --> Pattern & known_secrets
```
"""

import re
from re import Pattern

from seedbed.logging_redaction import known_secrets

_KNOWN: dict[str, Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22})"),
    "a GitLab token": re.compile(r"\bglpat-[\w-]{20}"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-[\w-]{10}"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30}"),
    "a Google API key": re.compile(r"\bAIza[\w-]{35}"),
    "an API key": re.compile(r"\b[sr]k[-_](?:[a-z]+[-_])*[A-Za-z0-9]{20}"),
    "a JSON web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
}
CONFIDENTIAL = "password | passwd | passphrase | secret | token | credentials? | (?:api|access|secret|private)[_-]?key"
"""How a name ends whose value is a secret; `max_tokens` and `tokenizer` end otherwise."""

_NAMED = re.compile(
    rf"""(?ix) (?<![\w.-])
    (?P<name> [\w.-]{{0,64}}? (?: {CONFIDENTIAL} ) )
    ["']? \s* (?::\s*[\w.]+\s*=|[:=]) \s*
    (?: (?P<quote>["']) (?P<quoted> [^"'\s]{{8,}} ) (?P=quote) | (?P<bare> [^\s"',;()\[\]{{}}<>$]{{8,}} ) \s* $ )""",
    re.MULTILINE,
)
_IN_ADDRESS = re.compile(r"://[\w.%+-]{1,64}:([^\s/:@{}$<>()\[\]\\]{4,128})@([\w.-]{0,64})")
_STAND_IN = re.compile(
    r"[${<*]|^(.)\1*$|change.?me|example|placeholder|your|dummy|redacted|xxx|^secret$|^password$", re.IGNORECASE
)


def find_secret(text: str) -> str:
    """Return what the text seems to hold, with the line, or "" when nothing looks like a secret.

    >>> find_secret("password" + " = 'correct-horse-battery'")
    "a value of 'password' (line 1)"
    """
    for secret in known_secrets():
        if (position := text.find(secret)) >= 0:
            return f"a secret of the settings (line {_line(text, position)})"
    for what, pattern in _KNOWN.items():
        if found := pattern.search(text):
            return f"{what} (line {_line(text, found.start())})"
    for found in _NAMED.finditer(text):
        value = found["quoted"] or found["bare"]
        if not _STAND_IN.search(value) and (found["quoted"] or not _is_code(value)):
            return f"a value of {found['name']!r} (line {_line(text, found.start())})"
    for found in _IN_ADDRESS.finditer(text):
        if not (_STAND_IN.search(found[1]) or "example" in found[2]):
            return f"a password in an address (line {_line(text, found.start())})"
    return ""


def _is_code(value: str) -> bool:
    """Tell a name or an attribute (`settings.token`, `None`) from a literal, which mixes letters and digits."""
    return not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
