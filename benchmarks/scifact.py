"""Compare retrieval on SciFact with the published scores of the same model.

benchmarks/scifact.py - v0.1.0

Run it: python benchmarks/scifact.py --beir path/to/scifact   (BEIR's layout: corpus, queries, qrels/test.tsv)
It runs `seedbed run retrieval` as a user would: 5,183 documents, several minutes on two cores.

```mermaid
flowchart LR
    main --> metrics_of
    main --> compared --> PUBLISHED
```
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks._data import DATA
from benchmarks._verdict import NOT_MEASURED

PUBLISHED = {"ndcg_at_10": (0.64508, 0.002), "recall_at_100": (0.92500, 0.004)}
"""all-MiniLM-L6-v2 on the test split (MTEB: SciFact), and how far the measured score may be from it."""
SCIFACT = DATA / "scifact"


def metrics_of(beir: Path, home: Path) -> dict[str, float]:
    """Return the metrics of one `seedbed run retrieval` in a process of its own.

    Raises:
        CalledProcessError: the command failed; it has said why.
    """
    command = [str(Path(sys.executable).with_name("seedbed")), "run", "retrieval", "--seed", "7", "--json"]
    command += ["--set", "corpus.kind=beir", "--set", f"corpus.path={beir.resolve()}"]
    environment = {**os.environ, "SEEDBED_HOME": str(home.resolve())}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    return dict(json.loads(done.stdout)["metrics"])


def compared(metrics: Mapping[str, float]) -> tuple[list[str], bool]:
    """Return a line for each published score, and whether all of them agree."""
    lines, agree = [], True
    for name, (published, tolerance) in PUBLISHED.items():
        measured = metrics[name]
        agrees = abs(measured - published) <= tolerance
        agree &= agrees
        lines.append(
            f"{name:<14} measured {measured:.5f}  published {published:.5f}  ratio {measured / published:.4f}  "
            f"{'agrees' if agrees else 'DIFFERS'} (± {tolerance})"
        )
    return lines, agree


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both scores beside the published ones; 0 where both agree, 77 where the data is not here."""
    parser = argparse.ArgumentParser(prog="python benchmarks/scifact.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--beir", type=Path, default=SCIFACT, help=f"the folder; default: {SCIFACT}")
    parser.add_argument("--home", type=Path, help="state folder whose index is used again; default: a temporary one")
    chosen = parser.parse_args(arguments)
    if chosen.beir == SCIFACT and not SCIFACT.exists():
        print(f"not measured: no {SCIFACT}; the folder belongs to BEIR. Next: {parser.prog} --beir FOLDER")
        return NOT_MEASURED
    with tempfile.TemporaryDirectory() as temporary:
        try:
            metrics = metrics_of(chosen.beir, chosen.home or Path(temporary))
        except subprocess.CalledProcessError as error:
            return error.returncode or 1
    lines, agree = compared(metrics)
    print("\n".join(lines))
    return 0 if agree else 1


if __name__ == "__main__":
    raise SystemExit(main())
