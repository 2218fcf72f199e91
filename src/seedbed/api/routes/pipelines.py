"""Start deployments over HTTP.

src/seedbed/api/routes/pipelines.py - v0.1.0

```mermaid
sequenceDiagram
    start ->> flow_runs : FlowRunRequest
    flow_runs ->> FlowRunStatus : 202
    show ->> flow_runs : run_id
```
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Response, Security

from seedbed.api.auth import authorized
from seedbed.api.problems import problems
from seedbed.api.routes.health import Held
from seedbed.api.schemas.pipelines import FlowRunRequest, FlowRunStatus, flow_run_status
from seedbed.api.tokens import Caller

type Authorized = Annotated[Caller, Security(authorized, scopes=["pipelines:run"])]
type Deployment = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9 ._-]{0,99}/[A-Za-z0-9_-][A-Za-z0-9 ._-]{0,99}$",
        description="flow/deployment, as `prefect deployment ls` shows it",
        examples=["embed-corpus/dev"],
    ),
]
type Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", pattern="^[A-Za-z0-9._-]{1,100}$", description="the same word starts no second run"
    ),
]

router = APIRouter(prefix="/v1/pipelines", tags=["pipelines"], responses=problems(401, 403, 404, 429))


@router.post("/{deployment:path}/runs", status_code=202)
async def start(
    services: Held,
    caller: Authorized,
    response: Response,
    deployment: Deployment,
    asked: FlowRunRequest,
    once: Once = None,
) -> FlowRunStatus:
    """Schedule a run of a deployment to begin at once; `links.status` and Location say where it can be followed."""
    key = None if once is None else f"{caller.subject}:{once}"
    run = await services.readers.run(lambda: services.flow_runs().start(deployment, asked.parameters, key))
    status = flow_run_status(run)
    response.headers["Location"] = status.links["status"]
    return status


@router.get("/runs/{run_id}")
async def show(services: Held, _: Authorized, run_id: UUID) -> FlowRunStatus:
    """Say what became of a run."""
    return flow_run_status(await services.readers.run(lambda: services.flow_runs().get(run_id)))
