"""Find entities over HTTP.

src/seedbed/api/routes/ner.py - v0.1.0

```mermaid
sequenceDiagram
    find ->> items_of : NerRequest
    find ->> ner : items
    find ->> start_job : too much at once
    render ->> entities_html : NerText
```
"""

import json
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Response, Security
from starlette.exceptions import HTTPException

from seedbed import wiring_ner
from seedbed.api.auth import authorized
from seedbed.api.problems import problems
from seedbed.api.routes.health import Held
from seedbed.api.routes.ner_jobs import start_job
from seedbed.api.schemas.ner import MAX_CHARS, MAX_ITEMS, NerRequest, NerText, items_of
from seedbed.api.schemas.ner_answer import NerAnswer
from seedbed.api.schemas.ner_job import NerJob
from seedbed.api.schemas.ner_model import NerLabels, NerLimits, ner_model
from seedbed.api.tokens import Caller
from seedbed.errors import unknown_choice
from seedbed.missing import MissingError
from seedbed.ner.answers import Filter, Item
from seedbed.ner.entity import Entity, ModelIdentity

router = APIRouter(prefix="/v1/ner", tags=["ner"], responses=problems(401, 403, 404, 429))

type Authorized = Annotated[Caller, Security(authorized, scopes=["ner"])]
type Json = dict[str, Any]

_HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


@router.post("", response_model=NerAnswer, responses={202: {"model": NerJob, "description": "A job was started"}})
async def find(services: Held, caller: Authorized, asked: NerRequest) -> Response:
    """Find entities in one text or several; more than a request may have at once becomes a job (202)."""
    items, wanted = items_of(asked)
    served = await services.ner.served()
    _refuse_unknown(served.identity, wanted)
    if _is_too_much(items, served.identity.max_chars):
        return await start_job(services, caller, items, wanted)
    results = await served.answers(items, wanted)
    return _json({"model_version": "v1", **_about(served.identity), "results": results})


@router.get("/labels")
async def labels(services: Held, _: Authorized) -> NerLabels:
    """Say what the model can find."""
    identity = (await services.ner.served()).identity
    return NerLabels(**_about(identity), labels=list(identity.labels))


@router.post(
    "/render", response_class=Response, responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}}
)
async def render(services: Held, _: Authorized, asked: NerText) -> Response:
    """Return the text as HTML, its entities marked as displaCy does; everything of the text is escaped."""
    items, wanted = items_of(asked)
    served = await services.ner.served()
    _refuse_unknown(served.identity, wanted)
    [answer] = await served.answers(items, wanted)
    if answer["error"] is not None:
        raise HTTPException(422, answer["error"])
    entities = [Entity(**{name: each[name] for name in Entity.__slots__}) for each in answer["entities"]]
    html = await services.readers.run(lambda: wiring_ner.entities_html(asked.text, entities))
    return Response(html, media_type="text/html", headers={"Content-Security-Policy": _HTML_POLICY})


@cache
def _about(identity: ModelIdentity) -> Json:
    return {
        "model": ner_model(identity).model_dump(),
        "limits": NerLimits(max_text_chars=identity.max_chars).model_dump(),
    }


def _refuse_unknown(identity: ModelIdentity, wanted: Filter) -> None:
    for label in sorted((wanted.labels or frozenset()) - set(identity.labels)):
        raise MissingError(str(unknown_choice("label", label, identity.labels, example='"labels": ["GPE"]')))


def _is_too_much(items: list[Item], max_text_chars: int) -> bool:
    lengths = [len(text) for _, text in items if isinstance(text, str)]
    return len(items) > MAX_ITEMS or sum(length for length in lengths if length <= max_text_chars) > MAX_CHARS


def _json(body: Json) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), media_type="application/json")
