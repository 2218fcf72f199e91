"""Choose the server that answers, and the next one when it cannot.

src/seedbed/api/llm/gateway.py - v0.1.0

```mermaid
flowchart LR
    Gateway --> Upstream
    Gateway --> begin --> Answer
    Gateway --> LlmNumbers & HTTPException
```
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, final

from starlette.exceptions import HTTPException

from seedbed import logging_format
from seedbed.api.llm.answer import Answer, begin
from seedbed.api.llm.numbers import LlmNumbers
from seedbed.api.llm.upstream import FailedError, Model, Path, Upstream
from seedbed.api.problems import RETRY_AFTER_S
from seedbed.errors import WorldError
from seedbed.serving.config import Backend

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT = 256


@final
class Gateway:
    """The servers of the settings, first choice first."""

    def __init__(
        self,
        backends: Sequence[Backend],
        numbers: LlmNumbers,
        names: Mapping[str, Mapping[str, str]] | None = None,
        default: str | None = None,
    ) -> None:
        """Take the servers, for each its names of models that have a name of ours, and the model of who names none."""
        self.numbers, self._default = numbers, default
        self._upstreams = [Upstream(backend, (names or {}).get(backend.name, {})) for backend in backends]
        self._num_in_flight = 0

    async def models(self) -> list[tuple[str, Model]]:
        """Return every model that a server has, with the name of the first that has it.

        Raises:
            HTTPException: 503, none of them answers.
        """
        found: dict[str, tuple[str, Model]] = {}
        failures = []
        for upstream in self._upstreams:
            try:
                listed = await upstream.models() or ()
            except FailedError as error:
                failures.append(error)
                self.note_failure(upstream, error)
            else:
                self.numbers.resting.labels(upstream.name).set(upstream.breaker.is_open)
                for model in (*listed, *upstream.known_as(listed)):
                    found.setdefault(model.name, (upstream.name, model))
        if not found and failures:
            raise self._nobody(failures)
        return list(found.values())

    async def open(self, path: Path, body: Mapping[str, Any]) -> Answer:
        """Return an answer that has begun; whoever gets it closes it, and says `left` then.

        Raises:
            HTTPException: 404, nobody serves the model; 429, too much is in flight; 503, nobody can answer now.
        """
        if self._num_in_flight >= MAX_IN_FLIGHT:
            retry = {"Retry-After": str(RETRY_AFTER_S)}
            raise HTTPException(429, f"{MAX_IN_FLIGHT} requests are being answered already; come back later", retry)
        self._num_in_flight += 1
        try:
            return await self._first_that_can(path, body)
        except BaseException:
            self._num_in_flight -= 1
            raise

    def left(self) -> None:
        """Let the next one in."""
        self._num_in_flight -= 1

    def note_failure(self, upstream: Upstream, error: FailedError) -> None:
        """Count a failure, and write down why."""
        if error.is_fault:
            upstream.breaker.failed()
        self.numbers.failovers.labels(upstream.name).inc()
        self.numbers.resting.labels(upstream.name).set(upstream.breaker.is_open)
        logger.warning("llm_backend_failed", extra={"backend": upstream.name, "reason": str(error)})

    async def check(self) -> None:
        """Raise WorldError when no server answers."""
        try:
            await self.models()
        except HTTPException as error:
            raise WorldError(f"{error.detail}; see SEEDBED_LLM__BACKENDS") from None

    async def close(self) -> None:
        """Close all connections."""
        for upstream in self._upstreams:
            await upstream.close()

    async def _first_that_can(self, path: Path, body: Mapping[str, Any]) -> Answer:
        failures: list[FailedError] = []
        model = body.get("model") or self._default
        for upstream in self._upstreams:
            if not upstream.breaker.admits():
                failures.append(FailedError("resting"))
                continue
            try:
                if (name := await upstream.name_of(model)) is None:
                    continue
                answer = await begin(upstream, path, {**body, "model": name}, logging_format.request_id.get())
            except FailedError as error:
                failures.append(error)
                self.note_failure(upstream, error)
            else:
                upstream.breaker.succeeded()
                self.numbers.resting.labels(upstream.name).set(0)
                return answer
        if failures:
            raise self._nobody(failures)
        raise HTTPException(404, f"model {model!r} is not served here; GET /v1/models lists what is")

    def _nobody(self, failures: Sequence[FailedError]) -> HTTPException:
        if any(failure.status == 429 for failure in failures):
            waits = [failure.retry_after for failure in failures if failure.retry_after.isdecimal()]
            retry = {"Retry-After": min(waits, key=int, default=str(RETRY_AFTER_S))}
            return HTTPException(429, "every server that has the model is busy; come back later", retry)
        wait_s = min((upstream.breaker.wait_s for upstream in self._upstreams), default=0.0)
        retry = {"Retry-After": str(max(RETRY_AFTER_S, math.ceil(wait_s)))}
        detail = "no server of language models can answer now; the log has the reasons under this request id"
        return HTTPException(503, detail, retry)
