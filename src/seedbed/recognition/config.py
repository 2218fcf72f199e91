"""Choose data, training and checks of a NER model.

src/seedbed/recognition/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- NerDataConfig
    BaseModel <|-- NerTrainConfig
    NerTrainConfig ..> TrainingConfig : holds
    NerTrainConfig ..> AugmentationConfig : holds
```
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seedbed.ner.augmentation import AugmentationConfig
from seedbed.ner.config import REGISTERED_NAME
from seedbed.ner.corpus import Format
from seedbed.ner.training_config import TrainingConfig


class NerDataConfig(BaseModel):
    """Where the annotated texts are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: Path = Field(Path("data/ner/source/train"), description="texts to learn from")
    dev: Path = Field(Path("data/ner/source/dev"), description="texts that say when to stop")
    test: Path = Field(Path("data/ner/source/test"), description="texts for the number that is reported")
    format: Format = Field("auto", description="marked = [Oslo|GPE]; conll; jsonl; auto = by the end of the name")
    behaviour: Path | None = Field(
        Path("data/ner/behaviour.yaml"), description="checks of behaviour and their thresholds; null = none"
    )


class NerTrainConfig(BaseModel):
    """A whole training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: NerDataConfig = NerDataConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    training: TrainingConfig = TrainingConfig()
    name: str = Field(
        REGISTERED_NAME,
        pattern=r"^[A-Za-z0-9_-]{1,100}$",
        description="under which it is registered: letters, digits, _ and -; seedbed-ner is what is served",
    )
    register_model: bool = Field(True, description="keep it as `candidate`, and as `champion` if it is better")
