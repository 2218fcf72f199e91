"""Read what a server answers, its first byte before anybody hears of it.

src/seedbed/api/llm/answer.py - v0.1.0

Until the first byte another server can still be asked; so an empty stream and an error as the first event are failures.

```mermaid
flowchart LR
    begin --> Answer --> Transcript
    begin --> FailedError
```
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, final

import httpx

from seedbed.api.llm.events import TooLongError, Transcript
from seedbed.api.llm.upstream import REFUSALS, FailedError, Path, Upstream

FIRST_S = 300.0
"""To the first event: a server may have to load the model, and a CPU to read a long prompt."""
IDLE_S = 60.0
"""Between two events."""
TOTAL_S = 900.0
MAX_WHOLE_BYTES = 16_777_216
EVENT_STREAM = "text/event-stream"


@final
class Answer:
    """What one server says to one request."""

    def __init__(self, upstream: Upstream, response: httpx.Response, transcript: Transcript) -> None:
        self.upstream, self.status, self.transcript = upstream, response.status_code, transcript
        self.is_stream = response.headers.get("Content-Type", "").startswith(EVENT_STREAM)
        self.first = b""
        self._response = response
        self._parts = response.aiter_bytes()

    async def read_first(self) -> None:
        """Read the first events of a stream, or the whole of anything else, into `first`.

        Raises:
            FailedError: there is nothing, too much, or it breaks off.
        """
        try:
            if self.is_stream:
                while not (self.first or self.transcript.error) and (part := await anext(self._parts, b"")):
                    self.first = self.transcript.take(part)
            else:
                async for part in self._parts:
                    self.first += part
                    if len(self.first) > MAX_WHOLE_BYTES:
                        raise FailedError(f"an answer of more than {MAX_WHOLE_BYTES} bytes", status=502)
        except (httpx.HTTPError, TooLongError) as error:
            raise FailedError(f"{type(error).__name__} {error} before the first byte", status=502) from error
        if self.transcript.error is not None:
            self._refuse(self.transcript.error)
        elif not self.first:
            raise FailedError("an empty answer", status=502)

    def _refuse(self, error: Mapping[str, Any]) -> None:
        """Make an error that comes as the first event what it would be without a stream: nothing has been sent yet."""
        code = error.get("code")
        if not isinstance(code, int) or code not in REFUSALS:
            raise FailedError(f"an error as the first event: {error.get('message')}", status=502, is_fault=False)
        self.status, self.is_stream, self.first = code, False, json.dumps({"error": error}).encode()

    def rest(self) -> AsyncIterator[bytes]:
        """Return the parts after the first, as they come; httpx.HTTPError where they break off."""
        return self._parts

    async def close(self) -> None:
        """Close the connection; a server that still generates hears of it and stops."""
        await self._response.aclose()


async def begin(upstream: Upstream, path: Path, body: Mapping[str, Any], request_id: str | None) -> Answer:
    """Return an answer whose first byte is here.

    Raises:
        FailedError: there will be none.
    """
    is_stream = bool(body.get("stream"))
    transcript = Transcript(shows_usage=bool((body.get("stream_options") or {}).get("include_usage")))
    if is_stream:  # what is asked for only to count is not shown
        body = {**body, "stream_options": {**(body.get("stream_options") or {}), "include_usage": True}}
    limit_s = FIRST_S if is_stream else TOTAL_S
    answer = None
    try:
        async with asyncio.timeout(limit_s):
            answer = Answer(upstream, await upstream.send(path, body, request_id), transcript)
            await answer.read_first()
    except BaseException as error:
        if answer is not None:
            await answer.close()
        if isinstance(error, TimeoutError):
            raise FailedError(f"no first byte within {limit_s:g} s", status=504) from error
        raise
    return answer
