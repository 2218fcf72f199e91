"""Show what was recorded.

src/seedbed/api/routes/experiments.py - v0.1.0

```mermaid
flowchart LR
    router --> list_runs & compare_runs & show_run & show_history
    list_runs --> RunQuery --> RunList
    compare_runs --> compare
    show_run --> detail
```
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Security

from seedbed.api.auth import authorized
from seedbed.api.problems import problems
from seedbed.api.routes.health import Held
from seedbed.api.schemas.comparison import RUN_ID, Comparison, RunIds, compare
from seedbed.api.schemas.curves import MAX_READ, History, history
from seedbed.api.schemas.experiments import RunDetail, RunList, RunSummary, detail, summary
from seedbed.tracking.page import RunQuery
from seedbed.tracking.record import RunRecord

router = APIRouter(
    prefix="/experiments",
    tags=["experiments"],
    dependencies=[Security(authorized, scopes=["experiments:read"])],
    responses=problems(401, 403, 404, 429),
)

type RunId = Annotated[str, Path(pattern=RUN_ID, description="id of a run, or 4 of its digits or more")]
type Metric = Annotated[str, Query(min_length=1, max_length=250, description="its name, as the run shows it")]


@router.get("")
async def list_runs(services: Held, query: Annotated[RunQuery, Query()]) -> RunList:
    """List runs, a page at a time."""
    page = await services.readers.run(lambda: services.archive().page(query))
    return RunList(runs=[RunSummary(**summary(record)) for record in page.runs], next_token=page.next_token)


@router.get("/compare")
async def compare_runs(services: Held, asked: Annotated[RunIds, Query()]) -> Comparison:
    """Lay 2 to 10 runs beside each other: parameters that differ, and metrics."""

    def read() -> list[RunRecord]:
        return [services.archive().get(run_id, artifacts=False) for run_id in asked.run]

    return compare(await services.readers.run(read))


@router.get("/{run_id}/history")
async def show_history(services: Held, run_id: RunId, metric: Metric) -> History:
    """Show how one metric of a run went: its first and last value, and others evenly between them."""
    points = await services.readers.run(lambda: services.archive().history(run_id, metric, MAX_READ))
    return history(metric, points)


@router.get("/{run_id}")
async def show_run(services: Held, run_id: RunId) -> RunDetail:
    """Show one run: parameters, metrics, seed, what made it, where its artefacts are."""
    return detail(await services.readers.run(lambda: services.archive().get(run_id)))
