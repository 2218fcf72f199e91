"""Measure what provenance adds to a run on a large data set, the first time and when it was seen before.

benchmarks/provenance.py - v0.1.0

Beside it: a plain MLflow run that opens the files, and DVC's state, which remembers files by inode, size and time too.
Run it: python -m benchmarks.provenance [--gigabytes 1]

```mermaid
flowchart LR
    main --> write_data & tracked & plain & dvc_state
    tracked --> tracked_run
    main --> collect
```
"""

import argparse
import os
import subprocess
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
from seedbed.tracking.provenance import collect
from seedbed.tracking.run import tracked_run

if TYPE_CHECKING:
    from mlflow import MlflowClient

BAR_S = 0.5
_NUM_FILES = 16
_SETTLED_S = 2.1
"""A file that has just been written is not remembered: it could change again within the same tick of the clock."""


def write_data(folder: Path, num_bytes: int) -> None:
    """Write random bytes into a few files."""
    folder.mkdir()
    for number in range(_NUM_FILES):
        (folder / f"{number:02}.bin").write_bytes(os.urandom(num_bytes // _NUM_FILES))
    time.sleep(_SETTLED_S)


def tracked(tracker: RunTracker, home: Path, data: Path) -> None:
    """Record a run that names every byte it reads."""
    with tracked_run("provenance", {"a": 1}, tracker=tracker, home=home, seed=7) as run:
        run.use_data("large", source=data)
        run.log_metrics({"a": 0.5})


def plain(client: "MlflowClient", experiment_id: str, data: Path) -> None:
    """Record a run that opens the same files."""
    run_id = client.create_run(experiment_id, run_name="plain").info.run_id
    client.log_param(run_id, "data", str(data))
    for file in sorted(data.iterdir()):
        with file.open("rb") as stream:
            stream.read(1)
    client.log_metric(run_id, "a", 0.5)
    client.set_terminated(run_id)


def dvc_state(folder: Path, data: Path) -> tuple[float, float]:
    """Return the seconds of `dvc status` on the same data when DVC reads it first, and when it has seen it."""
    project = folder / "project"
    project.mkdir()
    data.rename(project / "data")
    command = [sys.executable, "-m", "dvc"]
    environment = os.environ | {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(folder / "site")}

    def dvc(*words: str) -> float:
        started = time.perf_counter()
        subprocess.run([*command, *words, "--quiet"], cwd=project, env=environment, check=True)
        return time.perf_counter() - started

    dvc("init", "--no-scm")
    dvc("config", "cache.type", "hardlink")
    return dvc("add", "data"), median(dvc("status") for _ in range(3))


def seconds_of(work: Callable[[], object], repetitions: int) -> float:
    """Return the median time of several calls."""
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return median(seconds)


def main(arguments: list[str]) -> int:
    """Print the times and their ratios; return 1 when provenance adds more than the bar to a run on known data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        home, other, data = Path(name) / "ours", Path(name) / "plain", Path(name) / "data"
        other.mkdir()
        write_data(data, int(asked.gigabytes * 1e9))
        tracker = wiring.tracker(TrackingConfig(), home)
        wiring.tracker(TrackingConfig(), other)
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{other / 'mlflow.db'}")
        experiment_id = client.create_experiment("plain", artifact_location=(other / "artifacts").as_uri())
        once = seconds_of(collect, 1)  # git, packages and hardware: partly kept for the next run of the process
        with tracked_run("warm", {}, tracker=tracker, home=home, seed=7):
            pass
        plain(client, experiment_id, data)
        first = seconds_of(lambda: tracked(tracker, home, data), 1)
        again = seconds_of(lambda: tracked(tracker, home, data), 9)
        without = seconds_of(lambda: plain(client, experiment_id, data), 9)
        added, seen = dvc_state(Path(name), data)
    print(f"first.tracked_run {first:.3f} s, reading {asked.gigabytes:g} GB")
    print(f"again.tracked_run {again:.3f} s ({first / again:.1f} x less); plain MLflow {without:.3f} s")
    print(f"dvc: add {added:.2f} s, status when seen {seen:.2f} s, start of DVC included")
    added_s = once + again - without
    print(f"once in a process: {once:.3f} s for git, packages and hardware")
    print(f"ratios: {again / without:.2f} x plain MLflow, {again / seen:.2f} x dvc status")
    print(
        f"provenance adds {added_s:.3f} s to the first run of a process, {added_s / BAR_S:.2f} x the bar of {BAR_S} s"
    )
    return int(added_s > BAR_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
