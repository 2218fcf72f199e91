"""Let agents read which experiments there are, and what can be set for one.

src/seedbed/mcp_server/experiment_tools.py - v0.1.0

```mermaid
flowchart LR
    EXPERIMENT_TOOLS --> list_experiments & describe_experiment
    describe_experiment --> named & said_by
```
"""

import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seedbed.api.services import Services
from seedbed.errors import UserError, WorldError, unknown_choice
from seedbed.experiments.children import SEEDBED, said_by
from seedbed.experiments.discover import NAMED, names_in, project_folder, summaries_in
from seedbed.mcp_server.tool import Nothing, Tool

_DESCRIBE_S = 60.0


class Experiments(BaseModel):
    """The experiments of the project."""

    experiments: dict[str, str] = Field(description="name → what it does")


class ExperimentChoice(BaseModel):
    """Which experiment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: str = Field(min_length=1, max_length=100, description="its name, as list_experiments has it")


class Described(BaseModel):
    """One experiment."""

    experiment: str
    summary: str
    keys: dict[str, dict[str, str]] = Field(description="what can be set: key → value when it is not, and meaning")


async def list_experiments(services: Services, _: Nothing) -> Experiments:
    """Return what can be run; nothing is imported."""
    return Experiments(experiments=dict(await services.readers.run(lambda: summaries_in(folder()))))


async def describe_experiment(services: Services, asked: ExperimentChoice) -> Described:
    """Return what can be set for an experiment."""

    def look() -> Described:
        words = [named(asked.experiment), "--show-config", "--json"]
        # In a process of its own: what is imported here would stay as it is while somebody edits the experiment.
        program = [*SEEDBED, "run", *words]
        try:
            done = subprocess.run(program, cwd=folder(), capture_output=True, text=True, timeout=_DESCRIBE_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WorldError(f"experiment {asked.experiment!r} cannot be looked at: {error}") from error
        if done.returncode:
            raise UserError(said_by(done.stderr) or f"{asked.experiment!r} ended with exit code {done.returncode}")
        return Described.model_validate_json(done.stdout)

    return await services.readers.run(look)


def folder() -> Path:
    """Return the project's folder.

    Raises:
        UserError: this is none.
    """
    found = project_folder(Path.cwd())
    if found is None:
        raise UserError(
            f"there is no folder {NAMED.as_posix()}/ in {str(Path.cwd())!r} or above; start the server in the "
            "project's folder. Example: seedbed mcp --project /path/to/project"
        )
    return found


def named(name: str) -> str:
    """Return the module of an experiment of the project; a path to a file is none, since it would be executed.

    Raises:
        UserError: there is no such experiment.
    """
    names = names_in(folder())
    module = name.replace("-", "_")
    if module not in names:
        raise unknown_choice("experiment", name, names, example='{"experiment": "retrieval"}')
    return module


_SCOPE = "experiments:read"
EXPERIMENT_TOOLS = (
    Tool("list_experiments", "List the experiments of this project.", Nothing, Experiments, _SCOPE, list_experiments),
    Tool(
        "describe_experiment",
        "Say what can be set for an experiment, with defaults and meaning.",
        ExperimentChoice,
        Described,
        _SCOPE,
        describe_experiment,
    ),
)
