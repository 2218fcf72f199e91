"""Compare how soon `seedbed --help` answers with a tiny typer program and with `prefect --help`.

benchmarks/startup.py - v0.1.0

Run it: python benchmarks/startup.py

```mermaid
flowchart LR
    main --> median_s
```
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

TINY = '''
import typer
import rich

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@app.command()
def hello(name: str = typer.Option("you", help="Whom to greet.")) -> None:
    """Say hello."""


@app.command()
def goodbye(name: str = typer.Option("you", help="Whom to leave.")) -> None:
    """Say goodbye."""


app()
'''
REPETITIONS = 11
MOST_OF_TINY, LEAST_OF_PREFECT = 1.33, 4.0


def median_s(commands: dict[str, list[str]]) -> dict[str, float]:
    """Return the median wall time of each command, run in turns after one run that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(REPETITIONS + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            if turn:
                times[name].append(time.perf_counter() - started)
    return {name: median(taken) for name, taken in times.items()}


def main() -> int:
    """Print the three times and the two ratios; 0 where both bars are met."""
    programs = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        tiny = Path(folder, "tiny.py")
        tiny.write_text(TINY)
        taken = median_s(
            {
                "seedbed --help": [str(programs / "seedbed"), "--help"],
                "tiny typer program": [sys.executable, str(tiny), "--help"],
                "prefect --help": [str(programs / "prefect"), "--help"],
            }
        )
    ours, tiny_s, prefect_s = taken.values()
    for name, seconds in taken.items():
        print(f"{name:<20} {seconds:.3f} s")
    print(f"seedbed / tiny       {ours / tiny_s:.2f} x   (bar: at most {MOST_OF_TINY})")
    print(f"prefect / seedbed    {prefect_s / ours:.2f} x   (bar: at least {LEAST_OF_PREFECT})")
    return 0 if ours <= MOST_OF_TINY * tiny_s and prefect_s >= LEAST_OF_PREFECT * ours else 1


if __name__ == "__main__":
    raise SystemExit(main())
