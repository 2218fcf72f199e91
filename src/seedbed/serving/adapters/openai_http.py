"""Talk to a server that has the paths of OpenAI's API.

src/seedbed/serving/adapters/openai_http.py - v0.1.0

Not by the `openai` package: it asks again by itself, which a measurement must not, and takes a second to import.

```mermaid
classDiagram
    ChatServer <|-- OpenAiServer
    OpenAiServer ..> MissingError : raises
    OpenAiServer ..> WorldError : raises
```
"""

import ssl
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, final

import httpx
from httpx_sse import EventSource, SSEError

from seedbed.errors import UserError, WorldError
from seedbed.logging_redaction import redact_text
from seedbed.missing import MissingError
from seedbed.serving.config import Backend
from seedbed.serving.conversation import Piece, Question
from seedbed.serving.ports import ChatServer, ServedModel

_CONNECT_S, _READ_S = 5.0, 300.0
_MAX_REASON_CHARS = 500
_PROBE = "one two three"


@cache
def _trusted() -> ssl.SSLContext:
    """Return what this machine trusts: reading it takes longer than a short answer."""
    return ssl.create_default_context()


@final
class OpenAiServer(ChatServer):
    """vLLM, llama.cpp, SGLang, TGI, this project's own gateway."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        key = backend.api_key.get_secret_value() if backend.api_key else ""
        self._client = httpx.Client(
            base_url=backend.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=None),
            verify=_trusted(),
            trust_env=False,
        )

    def models(self) -> Sequence[ServedModel]:
        """Ask /v1/models."""
        try:
            return [
                ServedModel(entry["id"], entry.get("digest"), _details(entry))
                for entry in self.ask("GET", "/v1/models")["data"]
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise self._another(error) from error

    def stream(self, question: Question) -> Generator[Piece]:
        """Ask /v1/chat/completions for server-sent events."""
        is_whole = False
        try:
            with self._answer("POST", "/v1/chat/completions", _body(question)) as answer:
                for event in EventSource(answer).iter_sse():
                    if event.data == "[DONE]":
                        is_whole = True
                        break
                    for piece in self._pieces(event.json()):
                        is_whole |= piece.finish_reason is not None
                        yield piece
        except (ValueError, KeyError, TypeError, AttributeError, SSEError) as error:
            raise self._another(error) from error
        if not is_whole:
            raise WorldError(f"{self._who} broke off in the middle of an answer")

    def can_score_prompts(self, model: str) -> bool:
        """Ask for a prompt back with its log-probabilities: llama.cpp takes that, and leaves out the prompt."""
        body = {"model": model, "prompt": _PROBE, "max_tokens": 1, "echo": True, "logprobs": 1, "temperature": 0}
        try:
            choice = self.ask("POST", "/v1/completions", body)["choices"][0]
            scored = choice["logprobs"]["token_logprobs"][1:-1]  # the first token has nothing before it
            return bool(scored) and all(isinstance(each, float | int) for each in scored)
        except (UserError, KeyError, TypeError, IndexError):
            return False

    def close(self) -> None:
        """Close the pool."""
        self._client.close()

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON of an answer; errors as `models`."""
        with self._answer(method, path, body) as answer:
            answer.read()
            try:
                return answer.json()
            except ValueError as error:
                raise self._another(error) from error

    @property
    def _who(self) -> str:
        return f"backend {self._backend.name!r} at {self._backend.url}"

    @contextmanager
    def _answer(self, method: str, path: str, body: Mapping[str, Any] | None) -> Iterator[httpx.Response]:
        try:
            with self._client.stream(method, path, json=body) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise self._refusal(answer)
                yield answer
        except SSEError:  # an httpx.HTTPError too, but the server did answer
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise WorldError(
                f"{self._who} does not answer: {type(error).__name__} {error}; see SEEDBED_LLM__BACKENDS"
            ) from error

    def _pieces(self, said: Mapping[str, Any]) -> Iterator[Piece]:
        if error := said.get("error"):
            reason = error.get("message") if isinstance(error, dict) else error
            raise WorldError(f"{self._who} broke off: {redact_text(str(reason))[:_MAX_REASON_CHARS]}")
        usage = said.get("usage") or {}
        counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if said.get("choices"):
            choice = said["choices"][0]
            yield Piece((choice.get("delta") or {}).get("content") or "", choice.get("finish_reason"), *counts)
        elif usage:
            yield Piece("", None, *counts)

    def _refusal(self, answer: httpx.Response) -> Exception:
        reason = redact_text(_reason(answer))[:_MAX_REASON_CHARS]
        if answer.status_code in (401, 403):
            return UserError(f"{self._who} does not let in: {reason}; see api_key in SEEDBED_LLM__BACKENDS")
        if answer.status_code == 404:
            return MissingError(f"{self._who} does not have that: {reason}. Next: seedbed chat --models")
        if answer.status_code < 500 and answer.status_code != 429:
            return UserError(f"{self._who} refuses: {reason}")
        return WorldError(f"{self._who} cannot answer now (status {answer.status_code}): {reason}")

    def _another(self, error: Exception) -> WorldError:
        return WorldError(
            f"{self._who} does not speak OpenAI's API: {error!r}; see kind and url in SEEDBED_LLM__BACKENDS"
        )


def _body(question: Question) -> dict[str, Any]:
    body = question.model_dump(exclude_none=True, exclude={"json_schema"})
    body |= {"stream": True, "stream_options": {"include_usage": True}}
    if question.json_schema is not None:
        named = {"name": "answer", "schema": question.json_schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    return body


def _details(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a server tells of a model: llama.cpp in `meta`, our gateway in `details`, vLLM beside its name."""
    flat = {key: entry[key] for key in ("root", "max_model_len") if key in entry}
    return dict(entry.get("meta") or entry.get("details") or flat)


def _reason(answer: httpx.Response) -> str:
    """Return what a refusal says: OpenAI's form, RFC 9457's, FastAPI's, or as it is."""
    try:
        said = answer.json()
        error = said.get("error", said)
        return str(error if isinstance(error, str) else error.get("message") or error.get("detail") or error)
    except (ValueError, AttributeError):
        return answer.text
