"""Tell machines that watch the API how it does.

src/seedbed/api/routes/health.py - v0.1.0

All three are open: who watches has no token that runs out. Why something is not ready is for holders of one.

```mermaid
flowchart LR
    router --> health & ready & metrics
    ready --> Readiness
    metrics --> exposition
```
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from seedbed.api.auth import caller_of
from seedbed.api.problems import problems
from seedbed.api.services import Services, services_of
from seedbed.errors import WorldError

router = APIRouter(tags=["health"])

type Held = Annotated[Services, Depends(services_of)]


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Dependency(BaseModel):
    """One thing that the API stands on."""

    ready: bool
    absent: bool = Field(False, description="nobody has set it up yet; the API is ready without it")
    reason: str | None = Field(None, description="why it is not ready; shown to holders of a token")


class Readiness(BaseModel):
    """Whether everything that the API stands on does its work; what nobody has set up yet is no fault."""

    ready: bool
    dependencies: dict[str, Dependency] = Field(examples=[{"runs": {"ready": True, "absent": False, "reason": None}}])


@router.get("/health", responses=problems())
async def health() -> Alive:
    """Say that the process answers."""
    return Alive()


@router.get("/ready", responses={**problems(), 503: {"model": Readiness, "description": "Something is not ready"}})
async def ready(request: Request, response: Response, services: Held) -> Readiness:
    """Say whether every dependency that was set up does its work; 503 when one does not."""
    lacks = await services.readiness.lacks()
    explained = await _may_see_reasons(request, services)
    found = {
        name: Dependency(
            ready=lack is None,
            absent=lack is not None and lack.absent,
            reason=lack.reason if lack is not None and explained else None,
        )
        for name, lack in lacks.items()
    }
    is_ready = all(each.ready or each.absent for each in found.values())
    response.status_code = 200 if is_ready else 503
    return Readiness(ready=is_ready, dependencies=found)


@router.get(
    "/metrics",
    response_class=Response,
    responses={**problems(), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(services: Held) -> Response:
    """Return what was counted, for Prometheus."""
    return Response(services.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _may_see_reasons(request: Request, services: Services) -> bool:
    try:
        await caller_of(request.scope, services.authority)
    except (HTTPException, WorldError):
        return False
    return True
