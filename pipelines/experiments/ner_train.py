"""Train a NER model on annotated texts.

pipelines/experiments/ner_train.py - v0.1.0

```mermaid
flowchart LR
    ner_train --> train_ner --> Run
    ner_train --> NerTrainConfig
```
"""

from seedbed.recognition.config import NerTrainConfig
from seedbed.tracking.run import Run
from seedbed.wiring_ner import train_ner


def ner_train(config: NerTrainConfig, run: Run) -> dict[str, float]:
    """Train a NER model, measure and check it, register it, and serve it if it is better."""
    return train_ner(config, run)
