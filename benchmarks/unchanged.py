"""Compare the second run over an unchanged corpus with the first one.

benchmarks/unchanged.py - v0.1.0

Run it: python benchmarks/unchanged.py [--corpus-kind folder --corpus-path docs]

```mermaid
flowchart LR
    main --> seconds_of
```
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BAR = 20.0


def seconds_of(home: str, options: list[str]) -> tuple[float, dict[str, Any]]:
    """Return the wall time of one `seedbed index`, process start included, and its report."""
    command = [str(Path(sys.executable).with_name("seedbed")), "index", "--json", *options]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, "SEEDBED_HOME": home})
    return time.perf_counter() - started, json.loads(done.stdout)


def main() -> int:
    """Print both times and their ratio; 0 where the bar is met and nothing was embedded twice."""
    parser = argparse.ArgumentParser(prog="python benchmarks/unchanged.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus-kind", default="docstrings")
    parser.add_argument("--corpus-path")
    chosen = parser.parse_args()
    options = ["--corpus-kind", chosen.corpus_kind]
    options += ["--corpus-path", chosen.corpus_path] if chosen.corpus_path else []
    with tempfile.TemporaryDirectory() as home:
        first_s, first = seconds_of(home, options)
        second_s, second = seconds_of(home, options)
    for name, taken, report in (("first", first_s, first), ("second", second_s, second)):
        print(f"{name:<7} {taken:7.2f} s   {report['num_documents']:,} documents, {report['num_embedded']:,} embedded")
    print(f"first / second   {first_s / second_s:.1f} x   (bar: at least {BAR:g})")
    return 0 if first_s >= BAR * second_s and not second["num_embedded"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
