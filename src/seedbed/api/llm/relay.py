"""Pass an answer on as it comes, and leave nobody without an ending.

src/seedbed/api/llm/relay.py - v0.1.0

A part is read when the one before is written: a slow client slows the server down, and its going ends the work there.

```mermaid
sequenceDiagram
    Relay ->> Gateway : open
    Relay ->> Answer : rest
    Relay ->> FailedError : notes
```
"""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any, final, override

import httpx
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seedbed import logging_format
from seedbed.api.llm.answer import EVENT_STREAM, IDLE_S, TOTAL_S, Answer
from seedbed.api.llm.events import DONE, TooLongError
from seedbed.api.llm.gateway import Gateway
from seedbed.api.llm.upstream import FailedError, Path
from seedbed.api.schemas.chat import refusal

logger = logging.getLogger(__name__)

CLIENT_GONE = 499
"""What nginx writes of a client that did not wait."""
SAYS = {
    "backend_lost": "the server of the model broke off; what came before is all there is",
    "backend_silent": "the server of the model has said nothing for too long; what came before is all there is",
    "time_limit": "the answer took longer than it may; what came before is all there is",
    "server_stopping": "this server is being stopped; what came before is all there is",
}


@final
class Relay(Response):
    """Answers one request with what a server of language models says."""

    def __init__(self, gateway: Gateway, path: Path, body: Mapping[str, Any]) -> None:
        super().__init__()
        self._gateway, self._path, self._asked = gateway, path, body
        self._started = time.perf_counter()
        self._has_begun = self._is_open = False
        self._cut_by = "client_gone"

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = asyncio.ensure_future(self._answer(send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            elif not self._has_begun:  # nobody hears it; the log and the numbers say that nothing was answered
                await send({"type": "http.response.start", "status": CLIENT_GONE, "headers": []})
        except asyncio.CancelledError:
            self._cut_by = "server_stopping"
            work.cancel()
            await asyncio.wait({work})
            if self._is_open:
                await self._end_with(send, self._cut_by)
            raise
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.wait({work, gone})

    async def _answer(self, send: Send) -> None:
        answer = await self._gateway.open(self._path, self._asked)
        numbers, name = self._gateway.numbers, answer.upstream.name
        numbers.first_s.labels(name).observe(first_s := time.perf_counter() - self._started)
        outcome = None
        try:
            with numbers.open_streams.labels(name).track_inprogress():
                outcome = await self._passed_on(answer, send)
        finally:
            await answer.close()
            self._gateway.left()
            self._note(answer, outcome or self._cut_by, first_s)

    async def _passed_on(self, answer: Answer, send: Send) -> str:
        """Send everything; return how it ended."""
        if answer.status >= 400:
            problem = refusal(answer.status, answer.first)
            self._has_begun = True
            await send({"type": "http.response.start", "status": answer.status, "headers": problem.raw_headers})
            await send({"type": "http.response.body", "body": problem.body})
            return "refused"
        media_type = EVENT_STREAM if answer.is_stream else "application/json"
        head = [(b"content-type", media_type.encode()), (b"x-accel-buffering", b"no")]
        head.append((b"x-seedbed-backend", answer.upstream.name.encode()))
        if not answer.is_stream:
            head.append((b"content-length", str(len(answer.first)).encode()))
            answer.transcript.usage = _usage(answer.first)
        self._has_begun = True
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": answer.first, "more_body": answer.is_stream})
        if not answer.is_stream:
            return "ok"
        self._is_open = True
        return await self._streamed(answer, send)

    async def _streamed(self, answer: Answer, send: Send) -> str:
        loop = asyncio.get_running_loop()
        last = loop.time() + TOTAL_S - (time.perf_counter() - self._started)
        is_sending = False
        try:
            async with asyncio.timeout_at(min(loop.time() + IDLE_S, last)) as limit:
                async for part in answer.rest():
                    if said := answer.transcript.take(part):
                        is_sending = True
                        await send({"type": "http.response.body", "body": said, "more_body": True})
                        is_sending = False
                        await asyncio.sleep(0)  # buffers on both sides never wait: let others in
                    limit.reschedule(min(loop.time() + IDLE_S, last))
        except TimeoutError:
            if is_sending:  # it reads nothing: an error would not be read either
                return "client_gone"
            return await self._end_with(send, "time_limit" if loop.time() >= last else "backend_silent")
        except (httpx.HTTPError, TooLongError) as error:
            self._gateway.note_failure(answer.upstream, FailedError(f"{type(error).__name__} {error} in a stream"))
            return await self._end_with(send, "backend_lost")
        if not answer.transcript.is_whole:
            self._gateway.note_failure(answer.upstream, FailedError("a stream without an end"))
            return await self._end_with(send, "backend_lost")
        is_fine = answer.transcript.error is None
        is_short = is_fine and not answer.transcript.is_done
        await self._end(send, DONE if is_short else b"")  # `transformers serve` leaves it out
        return "ok" if is_fine else "backend_error"

    async def _end_with(self, send: Send, outcome: str) -> str:
        request_id = logging_format.request_id.get()
        error = {"message": SAYS[outcome], "type": outcome, "code": outcome, "request_id": request_id}
        await self._end(send, f"data: {json.dumps({'error': error})}\n\n".encode())
        return outcome

    async def _end(self, send: Send, said: bytes) -> None:
        self._is_open = False
        await send({"type": "http.response.body", "body": said, "more_body": False})

    def _note(self, answer: Answer, outcome: str, first_s: float) -> None:
        numbers, name, seconds = self._gateway.numbers, answer.upstream.name, time.perf_counter() - self._started
        said = answer.transcript
        numbers.answers.labels(name, outcome).inc()
        numbers.all_s.labels(name).observe(seconds)
        numbers.count_tokens(name, said.usage)
        if said.num_pieces > 1:
            numbers.token_s.labels(name).observe((seconds - first_s) / (said.num_pieces - 1))
        facts = {"backend": name, "model": self._asked.get("model"), "outcome": outcome, "num_pieces": said.num_pieces}
        tokens = {kind: said.usage.get(f"{kind}_tokens") for kind in ("prompt", "completion")}
        logger.info("llm_answered", extra=facts | {"tokens": tokens, "first_s": round(first_s, 6)})


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _usage(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    usage = answer.get("usage") if isinstance(answer, dict) else None
    return usage if isinstance(usage, dict) else {}
