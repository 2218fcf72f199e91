"""Choose how a NER model is trained.

src/seedbed/ner/training_config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- TrainingConfig
```
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt


class TrainingConfig(BaseModel):
    """The architecture, and the numbers of its training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Literal["encoder", "tok2vec"] = Field(
        "encoder", description="encoder = the packaged MiniLM, fine-tuned; tok2vec = spaCy's own, from scratch"
    )
    max_epochs: PositiveInt = Field(8, le=1000, description="times that the training data is seen, at most")
    patience: PositiveInt = Field(3, le=1000, description="epochs without a better F1 on dev before it ends")
    batch_size: PositiveInt = Field(16, le=4096, description="texts in one step")
    learning_rate: PositiveFloat = Field(1e-4, le=1, description="of the encoder; tok2vec: 10 x as much")
    head_learning_rate: PositiveFloat = Field(1e-3, le=1, description="encoder: of what is new, the layer of tags")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of what is left out in each step")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="encoder: auto takes bf16 on a GPU that has it, otherwise fp32"
    )
