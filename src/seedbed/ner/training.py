"""Ask for a model that is trained.

src/seedbed/ner/training.py - v0.1.0

```mermaid
classDiagram
    Trainer ..> TrainingData : takes
    Trainer ..> EpochReport : reports
    TrainingData ..> Sample : holds
```
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.ner.sample import Sample


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a model learns from, and by what it is chosen."""

    epoch: Callable[[int], Sequence[Sample]]
    """The training texts of an epoch, counted from 0; equal numbers give equal texts."""
    dev: Sequence[Sample]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EpochReport:
    """How far a training is."""

    number: int
    """Epochs done."""
    loss: float
    dev_f1: float
    is_best: bool


class Trainer(ABC):
    """Trains one architecture."""

    @abstractmethod
    def train(
        self, data: TrainingData, folder: Path, checkpoints: Path, report: Callable[[EpochReport], None]
    ) -> Mapping[str, str]:
        """Write a spaCy model into `folder` and return what was chosen for this machine: device, precision, threads.

        A training that was killed goes on from what it left in `checkpoints`, to the same model.

        Raises:
            UserError: the data cannot be learned from.
            WorldError: a file cannot be written or read.
        """
