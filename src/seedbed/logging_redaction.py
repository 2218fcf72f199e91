"""Mask secrets and e-mail addresses in whatever is about to leave the process.

src/seedbed/logging_redaction.py - v0.1.0

Values of known secrets are masked wherever they stand; patterns catch those nobody told us about. Every repetition in a
pattern is bounded or cannot overlap its neighbour: a hostile message must not stall the logger.

```mermaid
flowchart LR
    redact_tree --> redact_text
    redact_text --> known_forms
```
"""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

type Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None

MASK = "***"
_MIN_SECRET_CHARS = 4
"""A shorter secret would mask half of the language."""
_REMEMBERED_CHARS = 64
"""Names of fields, routes and methods come with every record: a text of at most so many is looked at once."""

_NAME = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret(?!s)[\w-]{0,20}|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key"
    r"|credentials?|x-(?:amz|goog)-(?:signature|credential|security-token)|signature|sig)"
)
_TO_VALUE = r"""(?:["']?\s{0,3}[:=]\s{0,3}(?:b(?=["']))?|["']\s{0,3},\s{0,3}b?(?=["']))"""
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|["']?[^\s,;&"'}\])]+)"""
_SECRET_KEY = re.compile(rf"(?:.*[._-])?(?:{_NAME}|(?:proxy[_-])?authorization|(?:set[_-])?cookie)", re.IGNORECASE)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", MASK),
        (r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?", MASK),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", MASK),
        (r"\b(?:gh[pousr]_|github_pat_|glpat-|hf_|sk-|xox[abprs]-|AIza)[\w-]{16,}", MASK),
        (r"\b([a-z][a-z0-9+.-]{0,20}://)[^\s/@]*:[^\s/]*@", rf"\1{MASK}@"),
        (r"""(authorization["']?\s{0,3}[:=,]\s{0,3}(?:b?["'])?)(?:[a-z]{1,20}\s)?[^\s"',;]+""", rf"\1{MASK}"),
        (r"\b(bearer\s)(?=\S{0,4000}[\d._-])[\w.~+/=-]{8,}", rf"\1{MASK}"),
        (r"""(\bcookie["']?\s{0,3}[:=]\s{0,3}["']?)[^\r\n"']+""", rf"\1{MASK}"),
        (rf"({_NAME}{_TO_VALUE}){_VALUE}", rf"\1{MASK}"),
        (r"(?<![\w.+-])[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})", rf"{MASK}@\1"),
    )
)
_known: frozenset[str] = frozenset()
_known_pattern: re.Pattern[str] | None = None


def remember_secrets(secrets: Iterable[str]) -> None:
    """Mask these values too from now on; there is one log per process, and one set of words that it must not say."""
    global _known, _known_pattern
    _known |= {secret for secret in secrets if len(secret) >= _MIN_SECRET_CHARS}
    longest_first = sorted({form for secret in _known for form in known_forms(secret)}, key=len, reverse=True)
    _known_pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
    _masked_short.cache_clear()


def known_secrets() -> frozenset[str]:
    """Return the values that `remember_secrets` was told."""
    return _known


def known_forms(secret: str) -> set[str]:
    """Return a secret as it stands in plain text, in a URL, in a Python literal and in JSON."""
    return {secret, quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1]}


def redact_text(text: str) -> str:
    """Return the text with its secrets masked.

    >>> redact_text("GET https://ada:hunter2@db.example/x?api_key=abc123 password='s p'")
    'GET https://***@db.example/x?api_key=*** password=***'
    """
    return _masked_short(text) if len(text) <= _REMEMBERED_CHARS else _masked(text)


def _masked(text: str) -> str:
    if _known_pattern is not None:
        text = _known_pattern.sub(MASK, text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


_masked_short = lru_cache(1024)(_masked)


def redact_tree(value: Json) -> Json:
    """Return the JSON value with its secrets masked, also those that only their key gives away.

    >>> redact_tree({"db_password": 12345, "num_tokens": 512})
    {'db_password': '***', 'num_tokens': 512}
    """
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, list):
        return [redact_tree(item) for item in value]
    if isinstance(value, dict):
        return {redact_text(key): _masked_member(key, item) for key, item in value.items()}
    return value


def _masked_member(key: str, item: Json) -> Json:
    return MASK if item is not None and is_secret_name(key) else redact_tree(item)


@lru_cache(1024)
def is_secret_name(name: str) -> bool:
    """Tell whether a value of this name is a secret.

    >>> [is_secret_name(name) for name in ("store.api_key", "HF_TOKEN", "num_tokens", "Set-Cookie")]
    [True, True, False, True]
    """
    return len(name) <= 200 and _SECRET_KEY.fullmatch(name) is not None
