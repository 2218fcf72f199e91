"""Follow jobs over many texts.

src/seedbed/api/routes/ner_jobs.py - v0.1.0

```mermaid
sequenceDiagram
    start_job ->> jobs : items
    start_job ->> flow_runs : job
    show ->> ner_job : job
    result ->> FileResponse : JSON lines
```
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, Security
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from seedbed.api.auth import authorized
from seedbed.api.bounds import DOWNLOAD_S, allow
from seedbed.api.problems import problems
from seedbed.api.routes.health import Held
from seedbed.api.schemas.ner import MAX_CHARS, MAX_ITEMS
from seedbed.api.schemas.ner_job import NerJob, ner_job
from seedbed.api.services import Services
from seedbed.api.tokens import Caller
from seedbed.errors import SeedbedError, WorldError
from seedbed.missing import MissingError
from seedbed.ner.answers import Filter, Item
from seedbed.ner.jobs import TooManyJobsError

router = APIRouter(prefix="/v1/ner/jobs", tags=["ner"], responses=problems(401, 403, 404, 429))

_RETRY_AFTER_S = 60
DEPLOYMENT = "recognize-entities/on-demand"

type Authorized = Annotated[Caller, Security(authorized, scopes=["ner"])]
type JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


async def start_job(services: Services, caller: Caller, items: list[Item], wanted: Filter) -> Response:
    """Return the answer 202 to a job that was started.

    Raises:
        HTTPException: 413, there is nobody to do it; 429, the subject has too many already.
        WorldError: nobody takes it.
    """
    if services.settings.prefect_api_url is None:
        detail = f"at once, a request has at most {MAX_ITEMS} items of {MAX_CHARS} characters in all; send several"
        raise HTTPException(413, f"{detail} (longer ones become jobs where PREFECT_API_URL is set)")

    def start() -> NerJob:
        try:
            job = services.jobs.create(caller.subject, items, wanted)
        except TooManyJobsError as error:
            raise HTTPException(429, str(error), {"Retry-After": str(_RETRY_AFTER_S)}) from None
        try:
            run = services.flow_runs().start(DEPLOYMENT, {"job": job.id}, job.id)
        except SeedbedError as error:
            services.jobs.delete(job)
            if isinstance(error, MissingError):
                raise WorldError(f"{DEPLOYMENT} is not deployed. Next: prefect deploy --all") from error
            raise
        services.jobs.save(job.model_copy(update={"flow_run": run.id}))
        return ner_job(job, run, num_done=0, model=None)

    started = await services.readers.run(start)
    headers = {"Location": started.links["status"]}
    return Response(started.model_dump_json(), 202, headers, "application/json")


@router.get("/{job_id}")
async def show(services: Held, caller: Authorized, job_id: JobId) -> NerJob:
    """Say what became of a job of yours."""

    def look() -> NerJob:
        job = services.jobs.get(job_id, caller.subject)
        if job.flow_run is None:
            raise MissingError(f"job {job_id!r} was never started")
        run = services.flow_runs().get(job.flow_run)
        return ner_job(job, run, services.jobs.num_done(job), services.jobs.model(job))

    return await services.readers.run(look)


@router.get(
    "/{job_id}/result",
    response_class=FileResponse,
    responses={200: {"content": {"application/jsonl": {"schema": {"type": "string"}}}}},
)
async def result(request: Request, services: Held, caller: Authorized, job_id: JobId) -> FileResponse:
    """Return the results of a job of yours as JSON lines, in the order of its items."""
    allow(request.scope, DOWNLOAD_S)
    path = await services.readers.run(lambda: services.jobs.result(services.jobs.get(job_id, caller.subject)))
    return FileResponse(path, media_type="application/jsonl", filename=f"{job_id}.jsonl")
