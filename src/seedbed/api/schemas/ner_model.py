"""Describe the model that finds entities.

src/seedbed/api/schemas/ner_model.py - v0.1.0

```mermaid
flowchart LR
    ner_model --> NerModel
    NerLabels --> NerModel & NerLimits
```
"""

from typing import Literal

from pydantic import BaseModel, Field

from seedbed.api.schemas.ner import MAX_CHARS, MAX_ITEMS
from seedbed.ner.entity import ModelIdentity


class NerModel(BaseModel):
    """Which model answers."""

    name: str
    version: str
    digest: str = Field(description="names every file of the model, to the last byte")
    run_id: str | None = Field(description="the run that trained it; GET /experiments/{run_id} shows it")
    seed: str | None = Field(description="as text: it may be longer than a number of JavaScript", examples=["7"])


class NerLimits(BaseModel):
    """What one request may have before it becomes a job."""

    max_items: int = MAX_ITEMS
    max_chars: int = Field(MAX_CHARS, description="of all texts together, in code points")
    max_text_chars: int = Field(description="of one text; a longer one is refused, never cut")


class NerLabels(BaseModel):
    """What the model can find."""

    model_version: Literal["v1"] = "v1"
    model: NerModel
    limits: NerLimits
    labels: list[str] = Field(examples=[["DATE", "GPE", "ORG"]])


def ner_model(identity: ModelIdentity) -> NerModel:
    """Return a model as it is shown."""
    return NerModel(
        name=identity.name,
        version=identity.version,
        digest=identity.digest,
        run_id=identity.run_id,
        seed=None if identity.seed is None else str(identity.seed),
    )
