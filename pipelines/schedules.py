"""Keep prefect.yaml and the Prefect server what schedules.yaml says.

pipelines/schedules.py - v0.1.0

prefect.yaml cannot include another file, and `prefect deploy` removes nothing: a renamed schedule goes on firing.
Hence --write, --check and --prune.

```mermaid
flowchart LR
    main --> load & rendered & prune
    load --> ScheduleFile
    ScheduleFile --> Deployment --> Schedule
```
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import httpx
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import get_current_settings
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from seedbed.errors import SeedbedError, UserError, WorldError

SOURCE = Path(__file__).with_name("schedules.yaml")
TARGET = Path(__file__).parents[1] / "prefect.yaml"

type Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
type Parameters = dict[str, str | int | float | bool | None]


class Schedule(BaseModel):
    """One cron line of a deployment; the slug is its name on the server and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    slug: Slug
    cron: str
    timezone: str
    active: bool = True
    parameters: Parameters = {}

    @model_validator(mode="after")
    def _prefect_accepts_it(self) -> Self:
        try:
            CronSchedule(cron=self.cron, timezone=self.timezone)
        except ValidationError as error:
            raise ValueError("; ".join(str(fault["ctx"]["error"]) for fault in error.errors())) from None
        return self


class Deployment(BaseModel):
    """One way to run a flow: its `flow-name/deployment-name`, the work pool that runs it, when, with what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deployment: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$", max_length=128)]
    description: Annotated[str, StringConstraints(min_length=1)]
    pool: Slug
    parameters: Parameters = {}
    schedules: tuple[Schedule, ...] = ()

    @property
    def entrypoint(self) -> str:
        """Where the flow is: `embed-corpus` is `embed_corpus` in pipelines/embed_corpus.py."""
        module = self.deployment.partition("/")[0].replace("-", "_")
        return f"pipelines/{module}.py:{module}"

    @model_validator(mode="after")
    def _slugs_differ(self) -> Self:
        _refuse_twice("schedule", [schedule.slug for schedule in self.schedules])
        return self


class ScheduleFile(BaseModel):
    """All of schedules.yaml; `project` tags what we deploy, so that pruning touches nobody else's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Slug
    deployments: tuple[Deployment, ...]

    @model_validator(mode="after")
    def _deployments_differ(self) -> Self:
        _refuse_twice("deployment", [deployment.deployment for deployment in self.deployments])
        return self


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{what} {twice[0]!r} stands there twice")


def load(path: Path) -> ScheduleFile:
    """Return the checked content of a schedules file.

    Raises:
        UserError: the file is missing, is no YAML, or says what Prefect would refuse; one line names the place.
    """
    try:
        return ScheduleFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UserError(f'{path} is no YAML: {reason}. Cron lines are quoted: cron: "30 2 * * *"') from error
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "the file"
        raise UserError(
            f"{path}: {place}: {fault['msg'].removeprefix('Value error, ')}, got {fault['input']!r}"
        ) from error


def rendered(file: ScheduleFile) -> str:
    """Return the text of prefect.yaml."""
    content: dict[str, Any] = {
        "name": file.project,
        # resolved by the worker, which runs the flow in this folder; `pull: null` would bake this machine's path in
        "pull": [{"prefect.deployments.steps.set_working_directory": {"directory": "{{ $SEEDBED_ROOT }}"}}],
        "deployments": [_deployment(deployment, tag=file.project) for deployment in file.deployments],
    }
    header = "# Generated from pipelines/schedules.yaml by `python -m pipelines.schedules --write`: edit that file.\n\n"
    return header + yaml.safe_dump(content, sort_keys=False, width=120)


def _deployment(deployment: Deployment, *, tag: str) -> dict[str, Any]:
    return {
        "name": deployment.deployment.partition("/")[2],
        "description": deployment.description,
        "entrypoint": deployment.entrypoint,
        "work_pool": {"name": deployment.pool},
        "tags": [tag],
        "parameters": dict(deployment.parameters),
        "schedules": [schedule.model_dump() for schedule in deployment.schedules],
    }


def prune(file: ScheduleFile) -> list[str]:
    """Delete the project's deployments and schedules that the file no longer has; return a line for each.

    Raises:
        WorldError: no server answers.
    """
    try:
        return _prune(file)
    except httpx.TransportError as error:
        url = get_current_settings().api.url
        raise WorldError(f"no Prefect server answers at {url}: {error}; start one: prefect server start") from error


def _prune(file: ScheduleFile) -> list[str]:
    wanted = {item.deployment: {schedule.slug for schedule in item.schedules} for item in file.deployments}
    gone: list[str] = []
    with get_client(sync_client=True) as client:
        ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[file.project]))
        for deployment in client.read_deployments(deployment_filter=ours):
            name = f"{client.read_flow(deployment.flow_id).name}/{deployment.name}"
            if name not in wanted:
                client.delete_deployment(deployment.id)
                gone.append(f"deployment {name}")
                continue
            for schedule in deployment.schedules:
                if schedule.slug not in wanted[name]:
                    client.delete_deployment_schedule(deployment.id, schedule.id)
                    gone.append(f"schedule {schedule.slug or schedule.id} of {name}")
    return gone


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.schedules", description=__doc__.partition("\n")[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="exit 1 when prefect.yaml is not what would be written")
    action.add_argument("--write", action="store_true", help="write prefect.yaml")
    action.add_argument("--prune", action="store_true", help="delete from the server what schedules.yaml no longer has")
    chosen = parser.parse_args(arguments)
    try:
        file = load(SOURCE)
        gone = prune(file) if chosen.prune else []
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if chosen.prune:
        print("\n".join(f"deleted {item}" for item in gone) or "nothing to delete")
    elif chosen.write:
        TARGET.write_text(rendered(file), encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != rendered(file):
        print(f"{TARGET.name} is not what {SOURCE.name} says; run: {parser.prog} --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
