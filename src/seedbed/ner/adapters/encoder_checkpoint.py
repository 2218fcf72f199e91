"""Keep a training on disk after each epoch.

src/seedbed/ner/adapters/encoder_checkpoint.py - v0.1.0

```mermaid
flowchart LR
    save --> Progressed
    load --> Progressed & WorldError
```
"""

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seedbed.errors import WorldError

_FILE = "training.pt"


@dataclass(slots=True)
class Progressed:
    """How far a training is, and everything that what follows depends on."""

    epochs: int
    best_epoch: int
    best_f1: float
    network: dict[str, Any]
    optimizer: dict[str, Any]
    best: dict[str, Any]
    """The network that was best on dev."""


def save(progressed: Progressed, folder: Path) -> None:
    """Replace what was kept, in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_FILE}.{os.getpid()}"
    state = {name: getattr(progressed, name) for name in Progressed.__slots__}
    try:
        with partial.open("wb") as stream:
            torch.save(state, stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(folder / _FILE)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise WorldError(
            f"the checkpoint in {str(folder)!r} cannot be written: {error.strerror}; free some disk"
        ) from error


def load(folder: Path) -> Progressed | None:
    """Return what was kept, None where nothing was.

    Raises:
        WorldError: it cannot be read.
    """
    file = folder / _FILE
    if not file.is_file():
        return None
    try:
        return Progressed(**torch.load(file, weights_only=True))
    except (OSError, RuntimeError, EOFError, TypeError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WorldError(f"the checkpoint {str(file)!r} cannot be read: {reason}; remove it and train anew") from error
