"""Run the side-by-side measurements of benchmarks/.

tools/bench.py - v0.1.0

Each is a program that prints its ratio; it exits 1 when it misses its bar and 77 when its data is not here. One after
the other, so that none disturbs another.

```mermaid
flowchart LR
    main --> benchmarks --> Path
    main --> subprocess
```
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks._verdict import NOT_MEASURED
from tools.project_files import ROOT


def benchmarks(folder: Path) -> dict[str, Path]:
    """Return the programs of a folder by name, sorted; modules with a leading underscore are shared by them."""
    return {path.stem: path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")}


def main(names: Sequence[str], folder: Path = ROOT / "benchmarks") -> int:
    """Run the named measurements, or all.

    Returns 0 when every bar is met, 1 when one is missed, 2 when a name is unknown, 77 when one could not be measured.
    """
    known = benchmarks(folder)
    if unknown := set(names) - set(known):
        sys.stderr.write(
            f"bench: {sorted(unknown)} is unknown; choose from {list(known)}. Example: make bench ARGS=…\n"
        )
        return 2
    missed, unmeasured = [], []
    for name, path in known.items():
        if not names or name in names:
            print(f"== {name}", flush=True)
            code = subprocess.run([sys.executable, str(path)], cwd=folder.parent).returncode
            if code == NOT_MEASURED:
                unmeasured.append(name)
            elif code:
                missed.append(name)
    verdicts = [f"missed its bar: {', '.join(missed)}"] if missed else []
    verdicts += [f"NOT MEASURED: {', '.join(unmeasured)}"] if unmeasured else []
    print(f"bench: {'; '.join(verdicts) or 'every bar met'}")
    return 1 if missed else NOT_MEASURED if unmeasured else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
