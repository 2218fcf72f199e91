"""Choose the model that finds entities.

src/seedbed/ner/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- NerConfig
```
"""

from pydantic import BaseModel, ConfigDict, Field

REGISTERED_NAME = "seedbed-ner"
"""Under which the models that `ner-train` makes are registered."""
CHAMPION, CANDIDATE = "champion", "candidate"
"""The alias of the model that is served, and that of the one trained last."""
PREFERRED_PACKAGE = "en_core_web_trf"
"""Served by default where it is installed and nobody has trained a champion."""


class NerConfig(BaseModel):
    """Which model answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = Field(
        None,
        min_length=1,
        description="alias of a registered model or digest of one that is here, folder of a spaCy model, or an "
        "installed package such as en_core_web_sm; default: champion, else en_core_web_trf if that is installed, "
        "else champion is trained",
    )
