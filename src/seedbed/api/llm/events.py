"""Read a stream of server-sent events without changing it.

src/seedbed/api/llm/events.py - v0.1.0

Whole events are passed on byte for byte: a reader that rebuilds them loses what it does not know.

```mermaid
flowchart LR
    Transcript --> Splitter --> TooLongError
```
"""

import json
import re
from typing import Any, final

DONE = b"data: [DONE]\n\n"
MAX_EVENT_BYTES = 1_048_576
_PLAIN = b'"finish_reason":null'
"""Nearly every event has it, and they need no parser: with many streams that is most of the work there is."""
_END = re.compile(rb"\r?\n\r?\n")


class TooLongError(Exception):
    """An event that does not end."""


@final
class Splitter:
    """Cuts bytes, as they come, into whole events."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        r"""Return the events that are whole now.

        >>> splitter = Splitter()
        >>> splitter.feed(b"data: 1\n\ndata: 2\n"), splitter.feed(b"\n: ping\r\n\r\n")
        ([b'data: 1\n\n'], [b'data: 2\n\n', b': ping\r\n\r\n'])
        """
        self._rest += data
        events, start = [], 0
        for end in _END.finditer(self._rest):
            events.append(self._rest[start : end.end()])
            start = end.end()
        self._rest = self._rest[start:]
        if len(self._rest) > MAX_EVENT_BYTES:
            raise TooLongError(f"an event has more than {MAX_EVENT_BYTES} bytes")
        return events


@final
class Transcript:
    """What a stream has said so far: whether it is whole, what it counted, what went wrong."""

    def __init__(self, *, shows_usage: bool) -> None:
        """Take whether the client asked for the event that has only the count of tokens."""
        self._shows_usage = shows_usage
        self._splitter = Splitter()
        self.is_done = self.is_finished = False
        self.usage: dict[str, Any] = {}
        self.error: dict[str, Any] | None = None
        self.num_pieces = 0

    @property
    def is_whole(self) -> bool:
        """Whether the stream may end here: a reason was given, or an error."""
        return self.is_done or self.is_finished or self.error is not None

    def take(self, data: bytes) -> bytes:
        """Return what of these bytes, and of those that waited, the client gets.

        Raises:
            TooLongError: an event does not end.
        """
        return b"".join(event for event in self._splitter.feed(data) if self._is_for_client(event))

    def _is_for_client(self, event: bytes) -> bool:
        if _PLAIN in event and b'"usage"' not in event and b'"error"' not in event:
            self.num_pieces += 1
            return True
        said = b"\n".join(line[5:].strip() for line in event.splitlines() if line.startswith(b"data:"))
        if said == b"[DONE]":
            self.is_done = True
        try:
            piece = json.loads(said)
        except ValueError:
            return True
        return not isinstance(piece, dict) or self._note(piece)

    def _note(self, piece: dict[str, Any]) -> bool:
        if error := piece.get("error"):
            self.error = error if isinstance(error, dict) else {"message": str(error)}
        choices = piece.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                delta = choice.get("delta")
                self.is_finished |= choice.get("finish_reason") is not None
                self.num_pieces += bool(choice.get("text") or (isinstance(delta, dict) and delta.get("content")))
        usage = piece.get("usage")
        if not isinstance(usage, dict):
            return True
        self.usage = usage
        return bool(choices) or self._shows_usage
