"""Read which language models there are, by the names that this project gives them.

src/seedbed/serving/catalogue.py - v0.1.0

```mermaid
flowchart LR
    load_catalogue --> Catalogue --> LogicalModel
    LogicalModel --> variants
    engine_model --> variants
```
"""

from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator

from seedbed.errors import UserError, WorldError, unknown_choice
from seedbed.serving.variants import Architecture, CpuVariant, GpuVariant, Variant

FILE = "m2m/model-config.yaml"
_TOLERANCE = 0.10
type Profile = Literal["gpu", "cpu"]
type Task = Literal["chat", "embed"]


class LogicalModel(BaseModel):
    """One model under the name that users know, in the form that each kind of machine takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    license: str = Field(min_length=1, description="SPDX name, or name and address")
    architecture: Architecture
    gpu: GpuVariant
    cpu: CpuVariant

    @model_validator(mode="after")
    def _sizes_agree(self) -> Self:
        for variant in (self.gpu, self.cpu):
            computed = variant.weights_bytes(self.architecture)
            if abs(computed - variant.download) > _TOLERANCE * variant.download:
                raise ValueError(
                    f"{variant.model}: {self.architecture.parameters} parameters in {variant.quantization} are "
                    f"{computed / 1e9:.2f} GB, the download is said to be {variant.download / 1e9:.2f} GB; one is wrong"
                )
        return self

    def variant(self, profile: Profile) -> Variant:
        """Return its form for a profile."""
        return self.gpu if profile == "gpu" else self.cpu


class Catalogue(RootModel[dict[str, LogicalModel]]):
    """Every model by its logical name."""

    model_config = ConfigDict(frozen=True)

    def find(self, name: str) -> LogicalModel:
        """Return the model of that name.

        Raises:
            UserError: there is none.
        """
        if name not in self.root:
            example = f"SEEDBED_LLM__MODEL={next(iter(self.root), 'chat')}"
            raise unknown_choice("language model", name, self.root, example=example)
        return self.root[name]


def engine_model(catalogue: Catalogue, name: str, kind: str) -> str:
    """Return what a server of that kind ("ollama", "vllm") calls a model; other kinds and names are taken as they are.

    vLLM as we start it knows both names; Ollama does after `seedbed llm pull`. A server of others knows its own only.
    """
    model = catalogue.root.get(name)
    if model is None or kind not in ("ollama", "vllm"):
        return name
    return model.cpu.model if kind == "ollama" else model.gpu.model


def load_catalogue(folder: Path) -> Catalogue:
    """Return the catalogue of the project in `folder`, or the one that comes with the package.

    Raises:
        UserError: it is not what its schema says.
        WorldError: it cannot be read.
    """
    own = folder / FILE
    packaged = files("seedbed.serving").joinpath("model-config.yaml")
    checkout = Path(__file__).parents[3] / FILE
    source = next((each for each in (own, packaged, checkout) if each.is_file()), own)
    try:
        return Catalogue.model_validate(yaml.safe_load(source.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{source} cannot be read ({error}); git checkout {FILE} brings it back") from error
    except yaml.YAMLError as error:
        raise UserError(f"{source} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
        raise UserError(f"{source} is refused: {'; '.join(faults)}. See m2m/model-config.schema.json") from None
