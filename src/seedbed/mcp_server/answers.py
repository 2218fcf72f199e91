"""Keep answers short enough for a context window, and say of every fault in one line what it is.

src/seedbed/mcp_server/answers.py - v0.1.0

```mermaid
flowchart LR
    bounded --> _cut
    in_one_line --> SeedbedError & HTTPException & ValidationError
```
"""

import json
import logging
from itertools import islice
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException

from seedbed.errors import SeedbedError
from seedbed.logging_format import shortened
from seedbed.logging_redaction import redact_text

logger = logging.getLogger(__name__)

MAX_CHARS = 50_000
"""Of one answer, some 12,000 tokens."""
_BOUNDS = ((4_000, 500), (1_000, 100), (200, 50), (100, 20))
"""Characters of a text and entries of a list or mapping; the first pair that makes an answer short enough is taken."""
_MAX_FAULTS = 10
_MAX_FAULT_CHARS = 2_000


def bounded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with what makes it too long cut; `cut` says so.

    >>> bounded({"text": "short"})
    {'text': 'short'}
    >>> bounded({"texts": ["long" * 5_000] * 9})["cut"]
    'texts after 4000 characters, lists after 500 entries'
    """
    for max_chars, max_entries in _BOUNDS:
        cut = _cut(answer, max_chars, max_entries)
        if len(json.dumps(cut, ensure_ascii=False)) <= MAX_CHARS:
            break
    note = f"texts after {max_chars} characters, lists after {max_entries} entries"
    return answer if cut == answer else {**cut, "cut": note}


def in_one_line(error: Exception, what: str) -> str:
    """Return what an agent is told of a fault in `what`; a crash is logged, and not told."""
    match error:
        case ValidationError():
            faults = error.errors(include_url=False, include_context=False, include_input=False)[:_MAX_FAULTS]
            told = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}" for fault in faults)
            text = f"{what} was not asked as its schema says: {told}"
        case SeedbedError():
            text = str(error)
        case HTTPException():
            text = error.detail
        case TimeoutError():
            text = f"{what} took too long; ask for less, or come back later"
        case _:
            logger.error("tool_crashed", exc_info=error, extra={"tool": what})
            text = f"{what} failed, which should not have happened; the log of the server says why"
    return redact_text(shortened(" ".join(text.split()), _MAX_FAULT_CHARS))


def _cut(value: Any, max_chars: int, max_entries: int) -> Any:
    match value:
        case str() if len(value) > max_chars:
            return f"{value[:max_chars]}… ({len(value)} characters)"
        case dict():
            return {key: _cut(each, max_chars, max_entries) for key, each in islice(value.items(), max_entries)}
        case list():
            return [_cut(each, max_chars, max_entries) for each in value[:max_entries]]
        case _:
            return value
