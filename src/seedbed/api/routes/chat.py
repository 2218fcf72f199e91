"""Answer with language models, in the shape that OpenAI's clients know.

src/seedbed/api/routes/chat.py - v0.1.0

```mermaid
sequenceDiagram
    chat ->> Relay : ChatRequest
    complete ->> Relay : TextRequest
    models ->> ModelList : models
```
"""

import json
from typing import Any

from fastapi import APIRouter, Request, Response, Security
from starlette.exceptions import HTTPException

from seedbed.api.auth import authorized
from seedbed.api.bounds import allow
from seedbed.api.llm.answer import TOTAL_S
from seedbed.api.llm.relay import Relay
from seedbed.api.llm.upstream import VIA, Path
from seedbed.api.problems import MEDIA_TYPE, problems
from seedbed.api.routes.health import Held
from seedbed.api.schemas.chat import ChatRequest, LlmProblem, TextRequest
from seedbed.api.schemas.models import ModelList, ServedModel
from seedbed.api.services import Services

router = APIRouter(
    prefix="/v1",
    tags=["llm"],
    dependencies=[Security(authorized, scopes=["llm"])],
    responses=problems(401, 403, 404, 429),
)

_TO_END_S = 30.0
"""What an answer has beyond its own limit, to say that it met it."""
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What the server of the model answers, as it came",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {}},
    },
    **{
        status: {"model": LlmProblem, "content": {MEDIA_TYPE: {}}, "description": "The server of the model refuses it"}
        for status in (405, 409)
    },
    508: problems(508)[508],
}


@router.post("/chat/completions", response_class=Response, responses=_ANSWERS)
async def chat(request: Request, services: Held, asked: ChatRequest) -> Response:
    """Go on with a conversation."""
    return await _relay(request, services, "/v1/chat/completions", stream=bool(asked.stream))


@router.post("/completions", response_class=Response, responses=_ANSWERS)
async def complete(request: Request, services: Held, asked: TextRequest) -> Response:
    """Go on with a text."""
    return await _relay(request, services, "/v1/completions", stream=bool(asked.stream))


@router.get("/models")
async def models(services: Held) -> ModelList:
    """List the models that are served, each with the backend that answers for it."""
    return ModelList(
        data=[
            ServedModel(
                id=model.name, created=model.created, owned_by=backend, digest=model.digest, details=model.details
            )
            for backend, model in await services.llm.models()
        ]
    )


async def _relay(request: Request, services: Services, path: Path, *, stream: bool) -> Response:
    if VIA in request.headers.get("Via", ""):
        raise HTTPException(508, "this gateway was asked by a gateway; a backend in its settings names itself")
    body = {**await request.json(), "stream": stream}
    try:
        json.dumps(body, allow_nan=False)
    except ValueError:
        raise HTTPException(422, "the request has a number that JSON has not: NaN or Infinity") from None
    allow(request.scope, TOTAL_S + _TO_END_S)
    return Relay(services.llm, path, body)
