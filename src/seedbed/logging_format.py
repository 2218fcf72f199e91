"""Render a log record as one line of JSON.

src/seedbed/logging_format.py - v0.1.0

A plain Formatter: with nested extras, bounds, redaction and records that cannot be rendered, nothing of a library's
would be left in use. Whatever is logged, the answer is one line of bounded length that parses.

```mermaid
classDiagram
    Formatter <|-- JsonLine
    Formatter <|-- RedactedMessage
    JsonLine ..> redact_tree : calls
```
"""

import itertools
import json
import logging
import math
import numbers
import time
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar

from seedbed.logging_redaction import Json, redact_text, redact_tree

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
run_id: ContextVar[str | None] = ContextVar("run_id", default=None)

MAX_TEXT_CHARS = 8_192
MAX_TRACEBACK_CHARS = 32_768
MAX_EXTRA_CHARS = 65_536
_MAX_ITEMS = 100
_MAX_DEPTH = 5
_MAX_INTEGER = 2**63
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {
    *("message", "asctime", "taskName"),
    *("color_message", "_ray_timestamp_ns"),  # uvicorn's, and Ray's, which puts it on every record once it is imported
}


class JsonLine(logging.Formatter):
    """Formats every record as the object that m2m/log-event.schema.json describes, secrets masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; never raises, whatever the record holds."""
        event: dict[str, Json] = {
            "timestamp": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": redact_text(shortened(message_of(record))),
            "module": record.name,
            "function": record.funcName,
            "line": record.lineno,
            "request_id": request_id.get(),
            "run_id": run_id.get(),
            "extra": self._extra(record),
            "exc_info": self._traceback(record),
        }
        return json.dumps(event, allow_nan=False)

    def _extra(self, record: logging.LogRecord) -> Json:
        values = {key: value for key, value in vars(record).items() if key not in _OWN_FIELDS}
        if record.stack_info:
            values["stack_info"] = record.stack_info
        try:
            return redact_tree(_Budget(MAX_EXTRA_CHARS).json_value(values))
        except Exception as error:  # a container of somebody's own may do anything
            return {"lost": f"{sorted(values)}: {type(error).__name__}"}

    def _traceback(self, record: logging.LogRecord) -> str | None:
        text = record.exc_text
        if not text and record.exc_info and record.exc_info[0] is not None:
            text = self.formatException(record.exc_info)
        return redact_text(shortened(text, MAX_TRACEBACK_CHARS)) if text else None


class RedactedMessage(logging.Formatter):
    """Formats a record as its message alone, secrets masked: for handlers that send the rest themselves."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message and, where there is one, the traceback."""
        text = message_of(record)
        if record.exc_info and record.exc_info[0] is not None:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return redact_text(shortened(text, MAX_TRACEBACK_CHARS))


def message_of(record: logging.LogRecord) -> str:
    """Return the message with its arguments, or what is known of it when they do not fit."""
    try:
        return record.getMessage()
    except Exception as error:
        return f"{_text(record.msg)} (arguments do not fit: {type(error).__name__})"


def shortened(text: str, max_chars: int = MAX_TEXT_CHARS) -> str:
    """Return the text as valid Unicode, its middle cut out when long: the end of a traceback says what happened."""
    if len(text) > max_chars:
        half = max_chars // 2
        text = f"{text[:half]} ... {len(text) - 2 * half} characters left out ... {text[len(text) - half :]}"
    return text.encode("utf-8", "replace").decode("utf-8")


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__} without text: {type(error).__name__}>"


class _Budget:
    """Turns values into JSON for as long as characters are left, however many values there are."""

    def __init__(self, num_chars: int) -> None:
        self._left = num_chars

    def json_value(self, value: object, depth: int = 0) -> Json:
        """Return the value as JSON carries it: numbers stay numbers, what JSON does not know becomes text."""
        self._left -= 1
        if type(value) is str:
            return self._text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, numbers.Integral) and abs(int(value)) < _MAX_INTEGER:
            return int(value)
        if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral) and math.isfinite(float(value)):
            return float(value)
        if depth < _MAX_DEPTH and isinstance(value, Mapping):
            return {self._text(key): self.json_value(item, depth + 1) for key, item in self._items(value.items())}
        if depth < _MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
            return [self.json_value(item, depth + 1) for item in self._items(value)]
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        return self._text(value)

    def _items[T](self, values: Iterable[T]) -> Iterator[T]:
        for value in tuple(itertools.islice(values, _MAX_ITEMS)):  # at once: another thread may change the container
            if self._left <= 0:
                return
            yield value

    def _text(self, value: object) -> str:
        text = shortened(_text(value), max(1, min(MAX_TEXT_CHARS, self._left)))
        self._left -= len(text)
        return text
