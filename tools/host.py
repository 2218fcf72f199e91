"""Do on this machine what a person does beside a running stack: train a NER model, fetch what a run has left.

tools/host.py - v0.1.0

```mermaid
flowchart LR
    train_champion & download_artifact --> WorldError
    download_artifact --> TrackingConfig
```
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from seedbed import wiring
from seedbed.errors import WorldError
from seedbed.experiments.children import SEEDBED
from seedbed.tracking.config import TrackingConfig
from tools.project_files import ROOT

_SENTENCES = [f"[{person}|PERSON] lives in [{place}|GPE]." for person in ("Ada", "Ben") for place in ("Oslo", "Rome")]
_QUICK = {"training.max_epochs": "1", "training.batch_size": "4", "data.behaviour": "null"}
_TRAINING_S = 600.0


def train_champion(tracking: str) -> str:
    """Train a model of a few sentences as the how-to does it, register it; return the id of its run.

    Raises:
        WorldError: the training failed.
    """
    with tempfile.TemporaryDirectory(prefix="seedbed-host-") as folder:
        texts = Path(folder, "texts.txt")
        texts.write_text("\n".join(_SENTENCES) + "\n", "utf-8")
        given = _QUICK | {f"data.{split}": str(texts) for split in ("train", "dev", "test")}
        words = [*SEEDBED, "run", "ner-train", "--seed", "7", "--json"]
        words += [f"--set={name}={value}" for name, value in given.items()]
        environ = os.environ | {"SEEDBED_TRACKING__URI": tracking, "SEEDBED_HOME": f"{folder}/home"}
        done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=_TRAINING_S)
        if done.returncode:
            raise WorldError(f"`seedbed run ner-train` ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
        run_id: str = json.loads(done.stdout)["run_id"]
        return run_id


def download_artifact(tracking: str, run_id: str, name: str) -> int:
    """Fetch a file of a run through the tracking server; return its bytes."""
    with tempfile.TemporaryDirectory(prefix="seedbed-host-") as folder:
        archive = wiring.archive(TrackingConfig(uri=tracking), Path(folder))
        return archive.download(run_id, name, Path(folder)).stat().st_size


def revision() -> str:
    """Return the commit of the checkout, with `-dirty` behind it where files were changed."""
    words = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, check=True, text=True).stdout.strip()
