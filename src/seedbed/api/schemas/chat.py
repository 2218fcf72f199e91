"""Describe requests to language models, and refusals, as they go over the wire.

src/seedbed/api/schemas/chat.py - v0.1.0

Only what the gateway itself reads is described; everything else is passed on as it came, for the server to judge.

```mermaid
classDiagram
    BaseModel <|-- ChatRequest
    BaseModel <|-- TextRequest
    Problem <|-- LlmProblem
```
"""

import json
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from seedbed import logging_format
from seedbed.api.problems import MEDIA_TYPE, Problem
from seedbed.logging_format import shortened
from seedbed.logging_redaction import redact_text

type ModelName = Annotated[
    str | None,
    Field(min_length=1, max_length=200, description="one of GET /v1/models; default: the first server's first"),
]
type Stream = Annotated[
    StrictBool | None, Field(description="answer with server-sent events, `data: [DONE]` being the last")
]
type StreamOptions = Annotated[
    dict[str, Any] | None, Field(description="`include_usage`: the last event but one counts tokens")
]

_MAX_CHARS = 2000


class ChatRequest(BaseModel):
    """A conversation to go on with; `response_format`, `tools`, `temperature` and all others are passed on."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        json_schema_extra={
            "examples": [{"model": "chat", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 20}]
        },
    )

    messages: list[dict[str, Any]] = Field(min_length=1, max_length=10_000)
    model: ModelName = None
    stream: Stream = False
    stream_options: StreamOptions = None


class TextRequest(BaseModel):
    """A text to go on with; everything that is not named here is passed on."""

    model_config = ConfigDict(
        frozen=True, extra="allow", json_schema_extra={"examples": [{"model": "chat", "prompt": "One, two,"}]}
    )

    prompt: str | list[Any] = Field(description="a text, texts, or tokens")
    model: ModelName = None
    stream: Stream = False
    stream_options: StreamOptions = None


class LlmProblem(Problem):
    """A problem that clients of OpenAI's API read too."""

    error: dict[str, Any] = Field(description="what the server of the model said", examples=[{"message": "too long"}])


def refusal(status: int, body: bytes) -> Response:
    """Return the problem that says what a server had against a request."""
    said = _error(body)
    message = redact_text(shortened(str(said.get("message") or "the server of the model gave no reason"), _MAX_CHARS))
    error = {"message": message} | {
        name: shortened(redact_text(str(said[name])), 200) for name in ("type", "code", "param") if said.get(name)
    }
    problem = LlmProblem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=f"the server of the model refuses this: {message}",
        request_id=logging_format.request_id.get(),
        error=error,
    )
    return Response(problem.model_dump_json(), status, media_type=MEDIA_TYPE)


def _error(body: bytes) -> dict[str, Any]:
    """Return the error of an answer: OpenAI's form, FastAPI's, or plain text."""
    try:
        said = json.loads(body)
    except ValueError:
        return {"message": body[:_MAX_CHARS].decode(errors="replace")}
    if not isinstance(said, dict):
        return {"message": str(said)}
    error = said.get("error", said)
    if isinstance(error, dict):
        return {"message": error.get("detail"), **error}
    return {"message": str(error)}
