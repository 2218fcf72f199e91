"""Ask one server of language models.

src/seedbed/api/llm/upstream.py - v0.1.0

Only the paths named here are ever asked: what such servers also offer (loading adapters, sleeping, deleting models) is
no business of a caller. Proxies of the environment are not used: keys go to the address that the settings name.

```mermaid
classDiagram
    Upstream ..> Breaker : holds
    Upstream ..> FailedError : raises
    Upstream ..> Model : returns
```
"""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, final

import httpx

from seedbed.api.llm.breaker import Breaker
from seedbed.serving.config import Backend
from seedbed.serving.naming import served_name

type Path = Literal["/v1/chat/completions", "/v1/completions"]

VIA = "seedbed"
REFUSALS = frozenset({400, 404, 405, 409, 413, 422})
"""What a server says of the request itself: the caller's to mend, and no other server would say otherwise."""
_HEADERS = {"Via": f"1.1 {VIA}", "Accept-Encoding": "identity"}
_LIST_PATH = {"ollama": "/api/tags"}  # /v1/models of Ollama leaves the digests out
_LIST_S = 5.0
_CONNECT_S = 3.0
_GOOD_FOR_S = 10.0
_BAD_FOR_S = 0.5
"""Those who waited for a list that did not come do not ask for it one after the other."""
_FACTS = ("root", "max_model_len")
"""What vLLM says of a model."""
_MAX_LIST_BYTES = 4_194_304


@cache
def _trusted() -> ssl.SSLContext:
    """Return what this machine trusts: reading it takes longer than a short answer."""
    return ssl.create_default_context()


class FailedError(Exception):
    """This server cannot answer; another may. `is_fault` says whether it is the server's own doing."""

    def __init__(self, reason: str, *, status: int = 503, is_fault: bool = True, retry_after: str = "") -> None:
        super().__init__(reason)
        self.status, self.is_fault, self.retry_after = status, is_fault, retry_after


class Model(NamedTuple):
    """A model that a server says it has."""

    name: str
    created: int
    digest: str | None
    """Of the weights, where the server tells: Ollama does."""
    details: dict[str, Any]


@final
class Upstream:
    """One server, and what is known of it."""

    def __init__(self, backend: Backend, names: Mapping[str, str]) -> None:
        """Take the server, and its own names for models that have one of ours."""
        self.name, self.breaker = backend.name, Breaker()
        self._names = dict(names)
        self._list_path = _LIST_PATH.get(backend.kind, "/v1/models")
        key = backend.api_key.get_secret_value() if backend.api_key else ""
        self._client = httpx.AsyncClient(
            base_url=backend.url,
            headers=_HEADERS | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=httpx.Timeout(None, connect=_CONNECT_S),  # each phase of an answer has a limit of its own
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            verify=_trusted(),
            trust_env=False,
        )
        self._listed: Sequence[Model] | FailedError | None = None
        self._good_until = float("-inf")
        self._listing = asyncio.Lock()

    async def models(self) -> Sequence[Model] | None:
        """Return what it serves, as it said within the last seconds; None where it has no list.

        Raises:
            FailedError: it does not answer.
        """
        async with self._listing:
            if time.monotonic() > self._good_until:
                was_away = isinstance(self._listed, FailedError)
                try:
                    self._listed, good_for_s = await self._ask_for_models(), _GOOD_FOR_S
                    if was_away:  # a list that was there all the time says nothing of answers that fail
                        self.breaker.succeeded()
                except FailedError as error:
                    self._listed, good_for_s = error, _BAD_FOR_S
                self._good_until = time.monotonic() + good_for_s
            if isinstance(self._listed, FailedError):
                raise self._listed
            return self._listed

    async def name_of(self, model: str | None) -> str | None:
        """Return its name for a model; None where it does not serve it. Without a model: the first it has.

        Raises:
            FailedError: it does not answer.
        """
        listed = await self.models()
        if listed is None:
            return self._names.get(model, model) if model else None
        return served_name(model, [each.name for each in listed], self._names)

    def known_as(self, listed: Sequence[Model]) -> list[Model]:
        """Return the models of a list once more under our names."""
        by_name = {model.name: model for model in listed}
        found = {ours: served_name(ours, list(by_name), self._names) for ours in self._names if ours not in by_name}
        return [by_name[name]._replace(name=ours) for ours, name in found.items() if name is not None]

    async def send(self, path: Path, body: Mapping[str, Any], request_id: str | None) -> httpx.Response:
        """Return the answer once its head is there; whoever gets it closes it.

        Raises:
            FailedError: it cannot be reached, or says that it cannot answer.
        """
        headers = {"Content-Type": "application/json"} | ({"X-Request-ID": request_id} if request_id else {})
        request = self._client.build_request("POST", path, content=json.dumps(body).encode(), headers=headers)
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise FailedError(_why(error)) from error
        status = answer.status_code
        if status < 300 or status in REFUSALS:
            return answer
        await answer.aclose()
        if status == 429:
            raise FailedError("429", status=429, is_fault=False, retry_after=answer.headers.get("Retry-After", ""))
        # A 500 may be the doing of one request: whoever sends it must not be able to take the server from the others.
        raise FailedError(f"status {status}", status=502, is_fault=status != 500)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _ask_for_models(self) -> Sequence[Model] | None:
        try:
            async with (
                asyncio.timeout(_LIST_S),
                self._client.stream("GET", self._list_path, headers={"Accept": "application/json"}) as answer,
            ):
                if answer.status_code in (404, 405):
                    return None
                answer.raise_for_status()
                found = bytearray()
                async for part in answer.aiter_bytes():
                    found += part
                    if len(found) > _MAX_LIST_BYTES:
                        raise FailedError("its list of models does not end")
            return [_model(each) for each in _entries(json.loads(found))]
        except TimeoutError:
            raise FailedError(f"no list of models within {_LIST_S:g} s") from None
        except httpx.HTTPError as error:
            raise FailedError(_why(error)) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise FailedError(f"its list of models has another form: {error!r}") from error


def _why(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return f"{type(error).__name__} {error}".strip()


def _entries(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    entries: Sequence[Mapping[str, Any]] = answer["data"] if "data" in answer else answer["models"]
    return entries


def _model(entry: Mapping[str, Any]) -> Model:
    details = entry.get("details") or entry.get("meta") or {key: entry[key] for key in _FACTS if key in entry}
    created = entry.get("created")
    digest = entry.get("digest") or None
    return Model(str(entry.get("id") or entry["name"]), created if isinstance(created, int) else 0, digest, details)
