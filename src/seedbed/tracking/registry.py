"""Keep models that runs made, and say which one is in use.

src/seedbed/tracking/registry.py - v0.1.0

```mermaid
classDiagram
    ModelRegistry ..> ModelPackage : takes
    ModelRegistry ..> ModelVersion : returns
```
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ARTIFACT = "model"
"""Under which a run keeps the model that it registered."""


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A model as it goes into the registry: files, and the code that answers with them."""

    name: str
    code: Path
    """A Python file that loads the files and answers; the registry runs it wherever the model is served."""
    files: Path
    """The folder of the model; the code finds it as its artefact `model`."""
    inputs: Mapping[str, list[str]]
    """An example of what it takes, by column."""
    outputs: list[object]
    """What it answers to the example."""
    requirements: tuple[str, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A registered model."""

    name: str
    version: str
    run_id: str
    tags: Mapping[str, str]


def artifact_of(files: str) -> str:
    """Return the artefact, of the run that made a registered model, which holds its folder of this name."""
    return f"{ARTIFACT}/artifacts/{files}"


class ModelRegistry(ABC):
    """Keeps models by name and version; an alias points at one version of a name."""

    @abstractmethod
    def register(self, run_id: str, package: ModelPackage) -> ModelVersion:
        """Keep a model with the run that made it, as the next version of its name.

        Raises:
            WorldError: the registry does not answer.
        """

    @abstractmethod
    def point(self, alias: str, version: ModelVersion) -> None:
        """Let an alias of the model's name point at this version."""

    @abstractmethod
    def aliases(self, name: str) -> Mapping[str, ModelVersion]:
        """Return what the aliases of a name point at; nothing where nothing is registered."""

    @abstractmethod
    def fetch(self, version: ModelVersion, folder: Path) -> Path:
        """Put the files of a model below `folder` and return where they are."""
