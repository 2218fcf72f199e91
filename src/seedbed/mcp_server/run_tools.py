"""Let agents read recorded runs.

src/seedbed/mcp_server/run_tools.py - v0.1.0

```mermaid
flowchart LR
    RUN_TOOLS --> list_runs & show_run & compare_runs & show_history
    run_provenance --> Provenance
    audit_runs --> audit
```
"""

from pydantic import BaseModel, Field

from seedbed.api.routes import experiments
from seedbed.api.schemas.comparison import Comparison, RunIds
from seedbed.api.schemas.curves import History
from seedbed.api.schemas.experiments import RunDetail, RunList, detail
from seedbed.api.services import Services
from seedbed.experiments.audit import Audit, audit, missing_of, parse_since
from seedbed.mcp_server.run_questions import AuditAsked, HistoryAsked, RunsAsked
from seedbed.mcp_server.tool import RunChoice, Tool


class Provenance(BaseModel):
    """What made a run, and whether somebody else can review and repeat it."""

    run_id: str
    provenance: dict[str, str] = Field(description="commit, data, lock, command, hardware and what else was noted")
    missing: list[str] = Field(description="what a reviewer would miss; empty: the run can be reviewed")
    reproduce: str | None = Field(description="the command that makes the run again; null: it was not made by one")


async def list_runs(services: Services, asked: RunsAsked) -> RunList:
    """Return a page of runs."""
    return await experiments.list_runs(services, asked)


async def show_run(services: Services, asked: RunChoice) -> RunDetail:
    """Return one run."""
    return await experiments.show_run(services, asked.run_id)


async def compare_runs(services: Services, asked: RunIds) -> Comparison:
    """Return what differs between runs."""
    return await experiments.compare_runs(services, asked)


async def show_history(services: Services, asked: HistoryAsked) -> History:
    """Return how a metric went."""
    return await experiments.show_history(services, asked.run_id, asked.metric)


async def run_provenance(services: Services, asked: RunChoice) -> Provenance:
    """Return what made a run."""
    record = await services.readers.run(lambda: services.archive().get(asked.run_id, artifacts=False))
    missing = await services.readers.run(lambda: missing_of(record))  # looks at its files
    repeatable = record.status == "FINISHED" and "seedbed.recipe" in record.tags and not missing
    return Provenance(
        run_id=record.run_id,
        provenance=detail(record).provenance,
        missing=list(missing),
        reproduce=f"seedbed reproduce {record.run_id}" if repeatable else None,
    )


async def audit_runs(services: Services, asked: AuditAsked) -> Audit:
    """Return which runs cannot be reviewed."""
    since = None if asked.since is None else parse_since(asked.since)
    return await services.readers.run(lambda: audit(services.archive(), since))


_SCOPE = "experiments:read"
RUN_TOOLS = (
    Tool("list_runs", "List recorded runs, a page at a time.", RunsAsked, RunList, _SCOPE, list_runs),
    Tool("show_run", "Show one run: parameters, metrics, seed, artefacts.", RunChoice, RunDetail, _SCOPE, show_run),
    Tool(
        "compare_runs",
        "Lay 2 to 10 runs beside each other: what differs of parameters, code, data and environment, and metrics.",
        RunIds,
        Comparison,
        _SCOPE,
        compare_runs,
    ),
    Tool("show_history", "Show how one metric of a run went.", HistoryAsked, History, _SCOPE, show_history),
    Tool(
        "run_provenance",
        "Say what made a run (commit, data, environment), what a reviewer would miss, and how to make it again.",
        RunChoice,
        Provenance,
        _SCOPE,
        run_provenance,
    ),
    Tool("audit_runs", "Find recorded runs that nobody can review, and why.", AuditAsked, Audit, _SCOPE, audit_runs),
)
