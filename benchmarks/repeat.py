"""Compare ten seeds run beside each other with the same ten one by one.

benchmarks/repeat.py - v0.1.0

Run it: python benchmarks/repeat.py [SEEDS]. The index is built before, so that what is measured is the runs; which
corpus, the settings say (SEEDBED_CORPUS__KIND). Equal numbers are the bar, not the time.

```mermaid
flowchart LR
    main --> group --> digests
```
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from seedbed.hardware import measure

_SEEDS = sys.argv[1] if sys.argv[1:] else "0-9"
SEEDBED = str(Path(sys.executable).with_name("seedbed"))


def group(home: str, num_workers: int) -> tuple[float, dict[str, Any]]:
    """Run the seeds, return seconds and what was printed."""
    started = time.perf_counter()
    words = ["run", "retrieval", "--seeds", _SEEDS, "--workers", str(num_workers), "--json"]
    done = subprocess.run(
        [SEEDBED, *words], env={**os.environ, "SEEDBED_HOME": home}, stdout=subprocess.PIPE, check=True
    )
    return time.perf_counter() - started, json.loads(done.stdout)


def digests(result: dict[str, Any]) -> list[str]:
    """Return the results digest of every seed."""
    return [trial["results_digest"] for trial in result["trials"]]


def main() -> int:
    """Print both times and the ratio; return 1 when a number differs."""
    num_workers = min(measure().num_usable_cores, 8)
    with tempfile.TemporaryDirectory() as home:
        first = [SEEDBED, "run", "retrieval", "--seed", _SEEDS.partition("-")[0], "--json"]
        alone = json.loads(
            subprocess.run(first, env={**os.environ, "SEEDBED_HOME": home}, stdout=subprocess.PIPE).stdout
        )
        together_s, together = group(home, num_workers)
        one_by_one_s, one_by_one = group(home, 1)
    same = digests(together) == digests(one_by_one) and digests(together)[0] == alone["results_digest"]
    print(f"seeds {_SEEDS} of retrieval, index built before, on {measure().in_a_line()}")
    ratio = one_by_one_s / together_s
    print(f"{num_workers} at once {together_s:.1f} s, one by one {one_by_one_s:.1f} s, ratio {ratio:.2f} x")
    print(f"results digests of every seed, and of the first one run alone: {'the same' if same else 'NOT the same'}")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
