"""Kill indexing runs at random moments and compare what is left with an undisturbed run.

benchmarks/kills.py - v0.1.0

Run it: python benchmarks/kills.py [--kills 100] [--seed 7]
One round is one state folder: runs over versions of a corpus, and in every other round another model, each killed with
-9; then one run is left alone. The encoder is the tests' (a digest), so that most of a run is store, files and ledger.

```mermaid
flowchart LR
    main --> survived --> kill_after & run_through & stored
    main --> Round
```
"""

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.killing import NUM_VERSIONS, kill_after, num_in_ledger, run_through, stored

RUNS = (1, 1, 2, 2, 3, 3)
"""Which version of the corpus each run of a round meets; every one is killed."""
MODELS = ("hash", "another")


@dataclass(frozen=True, slots=True)
class Round:
    """What one state folder went through, and how it ended."""

    num_killed: int
    num_finished: int
    """Runs that ended before their kill came."""
    num_lost: int
    num_duplicated: int
    """Points that are there twice or that the undisturbed run does not have."""
    agrees: bool
    """Whether the ledger counts what the store holds."""

    @property
    def whole(self) -> bool:
        """Whether it ended as the undisturbed run did."""
        return self.agrees and not self.num_lost and not self.num_duplicated


def survived(
    home: Path, model: str, moments: random.Random, longest_s: float, expected: Counter[tuple[str, str]]
) -> Round:
    """Kill the runs of one round, leave the last one alone, and compare."""
    killed = [
        kill_after(home, version, moments.uniform(0, longest_s), model if version == NUM_VERSIONS else MODELS[0])
        for version in RUNS
    ]
    run_through(home, NUM_VERSIONS, model)
    found = stored(home)
    return Round(
        sum(killed),
        len(killed) - sum(killed),
        (expected - found).total(),
        (found - expected).total(),
        num_in_ledger(home) == found.total(),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each round and the verdict; 0 when every round ended as the undisturbed runs did."""
    parser = argparse.ArgumentParser(prog="python benchmarks/kills.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100, help="how many runs are killed while they are at work")
    parser.add_argument("--seed", type=int, default=7, help="seed of the moments")
    chosen = parser.parse_args(arguments)
    moments = random.Random(chosen.seed)
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory() as folder:
        expected, longest_s = {}, 0.0
        for model in MODELS:
            longest_s = max(longest_s, run_through(Path(folder, model), NUM_VERSIONS, model))
            expected[model] = stored(Path(folder, model))
        print(f"undisturbed: {expected[MODELS[0]].total()} points, {longest_s:.2f} s a run")
        print(f"{'round':>5}{'killed':>8}{'finished':>10}{'lost':>6}{'duplicated':>12}  ledger")
        while sum(each.num_killed for each in rounds) < chosen.kills:
            number = len(rounds)
            model = MODELS[number % 2]
            each = survived(Path(folder, f"round-{number}"), model, moments, longest_s, expected[model])
            rounds.append(each)
            counts = f"{each.num_killed:8}{each.num_finished:10}{each.num_lost:6}{each.num_duplicated:12}"
            print(f"{number + 1:5}{counts}  {'agrees' if each.agrees else 'DIFFERS'}", flush=True)
    lost, duplicated = sum(each.num_lost for each in rounds), sum(each.num_duplicated for each in rounds)
    print(
        f"{sum(each.num_killed for each in rounds)} kills in {len(rounds)} rounds: {lost} lost, {duplicated} duplicated"
    )
    return 0 if all(each.whole for each in rounds) else 1


if __name__ == "__main__":
    raise SystemExit(main())
