"""Let agents read which experiments there are, and what can be set for one.

src/seedbed/mcp_server/experiment_tools.py - v0.1.0

```mermaid
flowchart LR
    EXPERIMENT_TOOLS --> list_experiments & describe_experiment
    describe_experiment --> named --> load
```
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seedbed import wiring
from seedbed.api.services import Services
from seedbed.errors import UserError, unknown_choice
from seedbed.experiments.define import load
from seedbed.experiments.discover import NAMED, names_in, project_folder, summaries_in
from seedbed.experiments.fields import leaf_keys
from seedbed.experiments.overrides import resolve
from seedbed.mcp_server.tool import Nothing, Tool
from seedbed.tracking.parameters import flatten


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
    config: dict[str, dict[str, str]] = Field(description="what can be set: key → value when it is not, and meaning")
    command: str = Field(description="how people run it")


async def list_experiments(services: Services, _: Nothing) -> Experiments:
    """Return what can be run; nothing is imported."""
    return Experiments(experiments=dict(await services.readers.run(lambda: summaries_in(folder()))))


async def describe_experiment(services: Services, asked: ExperimentChoice) -> Described:
    """Return what can be set for an experiment; its module is imported."""

    def look() -> Described:
        chosen = load(named(asked.experiment), folder())
        values = flatten(resolve(chosen.config_model, wiring.sections(services.settings), (), {}))
        config = {
            key: {"value": values.get(key, "null"), "meaning": field.description or ""}
            for key, field in leaf_keys(chosen.config_model)
        }
        command = f"seedbed run {chosen.name}"
        return Described(experiment=chosen.name, summary=chosen.summary, config=config, command=command)

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
