"""Compare what a freshly trained NER model finds with its bars.

benchmarks/ner_quality.py - v0.1.0

Run it: python benchmarks/ner_quality.py [--only default]   (trains; minutes)
The default model on the project's own sentences; where it lies, WNUT-17, whose best entry had F1 0.419.

```mermaid
flowchart LR
    main --> metrics_of
    main --> below --> read_plan
```
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence

from benchmarks._data import DATA
from benchmarks._verdict import NOT_MEASURED
from seedbed.experiments.children import SEEDBED
from seedbed.recognition.behaviour import read_plan
from tools.project_files import ROOT

LEAST_F1, LEAST_WNUT_F1 = 0.80, 0.41
WNUT = DATA / "wnut17"


def metrics_of(*choices: str) -> dict[str, float]:
    """Return the metrics of one `seedbed run ner-train` on a new home; what it says passes by.

    Raises:
        CalledProcessError: the command failed; it has said why.
    """
    command = [*SEEDBED, "run", "ner-train", "--seed", "7", "--json"]
    command += [word for choice in choices for word in ("--set", choice)]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "SEEDBED_HOME": home}
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, env=environment)
    return dict(json.loads(done.stdout)["metrics"])


def below(metrics: Mapping[str, float], bars: Mapping[str, float]) -> list[str]:
    """Print each number beside its bar; return those that miss it."""
    for name, bar in bars.items():
        print(f"{name:<24}{metrics[name]:7.3f}   (bar: at least {bar:g})", flush=True)
    return [name for name, bar in bars.items() if metrics[name] < bar]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print F1 and behaviour beside their bars; 0 where all are met, 77 where WNUT-17 is not here."""
    parser = argparse.ArgumentParser(prog="python benchmarks/ner_quality.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=["default", "wnut"])
    chosen = parser.parse_args(arguments)
    missed: list[str] = []
    if chosen.only != "wnut":
        thresholds = read_plan(ROOT / "data" / "ner" / "behaviour.yaml").thresholds
        bars = {"f1": LEAST_F1, **{f"behaviour_{kind}": bar for kind, bar in thresholds.items()}}
        missed += below(metrics_of(), bars)
    if chosen.only != "default":
        if not WNUT.is_dir():
            print(f"WNUT-17: NOT MEASURED, {WNUT} is not here")
            return 1 if missed else NOT_MEASURED
        files = {"train": "wnut17train.conll", "dev": "emerging.dev.conll", "test": "emerging.test.annotated"}
        data = [f"data.{split}={WNUT / name}" for split, name in files.items()]
        print("WNUT-17:")
        recipe = ["data.format=conll", "data.behaviour=null", "name=wnut", "training.max_epochs=2"]
        missed += below(metrics_of(*data, *recipe), {"f1": LEAST_WNUT_F1})
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
