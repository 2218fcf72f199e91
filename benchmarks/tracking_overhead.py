"""Compare a tracked run with plain MLflow writing the same by its batch calls.

benchmarks/tracking_overhead.py - v0.1.0

100 parameters, 1,000 metric points, one artefact; provenance, spool and seeding are in our time and not in MLflow's.
Run it: python -m benchmarks.tracking_overhead [--repetitions 20]

```mermaid
flowchart LR
    main --> compare --> ours & plain
    ours --> tracked_run
```
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from seedbed import wiring
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.ports import RunTracker
from seedbed.tracking.run import tracked_run

if TYPE_CHECKING:
    from mlflow import MlflowClient

BAR = 1.3
PARAMS = {f"param_{number}": f"value {number}" for number in range(100)}
NUM_POINTS = 1000
ARTIFACT = "per-query results\n" * 1000
SHAPES = {"one_step_of_1000": 1, "10_steps_of_100": 10, "100_steps_of_10": 100}
"""Name and number of steps that the metric points come in: one write a step, on both sides."""


def steps(num_steps: int) -> list[dict[str, float]]:
    """Return the metrics of each step."""
    return [{f"metric_{i}": step + i / 7 for i in range(NUM_POINTS // num_steps)} for step in range(num_steps)]


def ours(tracker: RunTracker, home: Path, num_steps: int) -> None:
    """Record one run with everything that makes it reviewable."""
    with tracked_run("overhead", PARAMS, tracker=tracker, home=home, seed=7) as run:
        for step, metrics in enumerate(steps(num_steps)):
            run.log_metrics(metrics, step=step)
        (run.artifacts / "results.txt").write_text(ARTIFACT)


def plain(client: "MlflowClient", experiment_id: str, folder: Path, num_steps: int) -> None:
    """Record the same parameters, points and file and nothing else."""
    from mlflow.entities import Metric, Param

    run_id = client.create_run(experiment_id, run_name="plain").info.run_id
    params = [Param(name, value) for name, value in PARAMS.items()]
    for step, metrics in enumerate(steps(num_steps)):
        now_ms = time.time_ns() // 1_000_000
        points = [Metric(name, value, now_ms, step) for name, value in metrics.items()]
        # The first write takes the parameters along; its limit of 1,000 entities is all of them together.
        room = NUM_POINTS - len(params)
        client.log_batch(run_id, points[:room], params)
        if points[room:]:
            client.log_batch(run_id, points[room:])
        params = []
    artifact = folder / "results.txt"
    artifact.write_text(ARTIFACT)
    client.log_artifact(run_id, str(artifact))
    client.set_terminated(run_id)


def compare(first: Callable[[], None], second: Callable[[], None], repetitions: int) -> tuple[float, float]:
    """Return the median seconds of both, measured in turns that change places."""
    seconds: dict[Callable[[], None], list[float]] = {first: [], second: []}
    for number in range(repetitions + 2):
        for work in (first, second) if number % 2 else (second, first):
            started = time.perf_counter()
            work()
            if number >= 2:
                seconds[work].append(time.perf_counter() - started)
    return median(seconds[first]), median(seconds[second])


def main(arguments: list[str]) -> int:
    """Print both times and their ratio for each shape; return 1 when one is over the bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repetitions", type=int, default=20, help="runs of each kind and shape")
    repetitions = parser.parse_args(arguments).repetitions
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        home, other = Path(name) / "ours", Path(name) / "plain"
        other.mkdir()
        tracker = wiring.tracker(TrackingConfig(), home)
        wiring.tracker(TrackingConfig(), other)  # the same tables and journal for plain MLflow: only the work differs
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{other / 'mlflow.db'}")
        experiment_id = client.create_experiment("overhead", artifact_location=(other / "artifacts").as_uri())
        for shape, num_steps in SHAPES.items():
            mine, theirs = compare(
                lambda n=num_steps: ours(tracker, home, n),  # type: ignore[misc]
                lambda n=num_steps: plain(client, experiment_id, other, n),  # type: ignore[misc]
                repetitions,
            )
            worst = max(worst, mine / theirs)
            print(f"{shape}.tracked_run {mine * 1000:.1f} ms")
            print(f"{shape}.plain_mlflow {theirs * 1000:.1f} ms")
            print(f"{shape}.ratio {mine / theirs:.3f} x (bar {BAR})")
    print(f"tracking_overhead {worst:.3f} x (bar {BAR}, worst shape)")
    return 0 if worst <= BAR else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
