"""Speak to a Prefect server.

src/seedbed/orchestration/adapters/prefect_rest.py - v0.1.0

By its REST API and not by its client, which takes seconds to import and lives in pipelines/. As that client does, this
one asks again after a 503: Prefect's server says so when SQLite is locked, and nothing was done.

```mermaid
classDiagram
    FlowRuns <|-- PrefectRest
    PrefectRest ..> MissingError : raises
    PrefectRest ..> WorldError : raises
```
"""

import json
import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, final
from uuid import UUID, uuid4

import httpx

from seedbed.errors import UserError, WorldError
from seedbed.missing import MissingError
from seedbed.orchestration.ports import FlowRun, FlowRuns

_TIMEOUT_S = 10.0
_AGAIN_AFTER_S = (0.2, 0.5, 1.0, 2.0, 4.0)
_HEALTH = "/health"
"""Asked every few seconds, so not again at once."""
_MAX_REASON_CHARS = 300
_MAX_DEPTH = 100
"""Prefect 3.8 answers 500 at 300 levels, and its server dies of 400."""
_MARK = "__prefect_kind"
"""Prefect renders values that carry it as templates, with the variables of its workspace in reach."""


@final
class PrefectRest(FlowRuns):
    """Flow runs of one server, whose address is that of PREFECT_API_URL."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def start(self, deployment: str, parameters: Mapping[str, object], once: str | None) -> FlowRun:
        """Create a flow run in the state that the server gives it: scheduled to begin at once."""
        _refuse_unfit(parameters)
        found = self._ask("GET", f"/deployments/name/{deployment}", f"deployment {deployment!r}")
        asked = {
            "parameters": dict(parameters),
            "idempotency_key": once or str(uuid4()),
            "enforce_parameter_schema": True,
        }
        created = self._ask("POST", f"/deployments/{found['id']}/create_flow_run", f"deployment {deployment!r}", asked)
        return _flow_run(created)

    def get(self, run_id: UUID) -> FlowRun:
        """Read a flow run."""
        return _flow_run(self._ask("GET", f"/flow_runs/{run_id}", f"flow run '{run_id}'"))

    def check(self) -> None:
        """Ask the server whether it is healthy."""
        self._ask("GET", _HEALTH, "health")

    def _ask(self, method: str, path: str, what: str, body: Mapping[str, object] | None = None) -> Any:
        try:
            answer = self._answer(method, path, body)
            if answer.status_code == 404:
                raise MissingError(f"{what} is not known to Prefect. Next: prefect deployment ls")
            if answer.status_code in (400, 409, 422):
                raise UserError(f"{what} does not take these parameters: {answer.text[:_MAX_REASON_CHARS]}")
            return answer.raise_for_status().json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise WorldError(
                f"Prefect at {self._url} does not do its work: {type(error).__name__} {error}; see PREFECT_API_URL"
            ) from error

    def _answer(self, method: str, path: str, body: Mapping[str, object] | None) -> httpx.Response:
        waits_s = iter(() if path == _HEALTH else _AGAIN_AFTER_S)
        while True:
            answer = httpx.request(method, f"{self._url}{path}", json=body, timeout=_TIMEOUT_S)
            wait_s = next(waits_s, None) if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else None
            if wait_s is None:
                return answer
            time.sleep(wait_s)


def _refuse_unfit(parameters: Mapping[str, object]) -> None:
    """Raise UserError for what must not reach the server, or cannot be sent."""
    level: list[object] = [parameters]
    for _ in range(_MAX_DEPTH):
        if any(isinstance(each, Mapping) and _MARK in each for each in level):
            raise UserError(f"a parameter is named {_MARK!r}, which Prefect would render as a template; rename it")
        level = [inner for each in level for inner in _inside(each)]
    if level:
        raise UserError(f"the parameters are nested deeper than {_MAX_DEPTH} levels; flatten them")
    try:
        json.dumps(parameters, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise UserError(f"the parameters are no JSON that can be sent: {error}; leave out what is named here") from None


def _inside(value: object) -> Collection[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _flow_run(answer: Mapping[str, Any]) -> FlowRun:
    try:
        state = answer.get("state") or {}
        return FlowRun(
            id=UUID(answer["id"]),
            state=answer.get("state_type") or "UNKNOWN",
            message=state.get("message") or "",
            created_at=datetime.fromisoformat(answer["created"]),
            started_at=_time(answer.get("start_time")),
            ended_at=_time(answer.get("end_time")),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise WorldError(f"what answers at PREFECT_API_URL is no Prefect server: {error!r}") from error


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
