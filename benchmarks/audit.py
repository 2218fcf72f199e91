"""Measure how long an audit takes, and whether it names exactly the runs that miss something.

benchmarks/audit.py - v0.1.0

Run it: python benchmarks/audit.py [--runs 1000] [--foreign 37]; the time is that of the whole command, start included.

```mermaid
flowchart LR
    main --> fill --> MlflowTracker & collect
```
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from seedbed.digests import digest_json
from seedbed.tracking.adapters.mlflow import MlflowTracker
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.provenance import collect
from seedbed.tracking.record import RunBatch, RunStart

BAR_S = 5.0


def fill(home: Path, num_runs: int, num_foreign: int) -> set[str]:
    """Record so many runs, each with its stamps; return the ids of the foreign ones, which are spread evenly."""
    tracker = MlflowTracker(TrackingConfig(), home)
    code = collect().model_copy(update={"code": collect().code.model_copy(update={"dirty": False, "diff_digest": ""})})
    stamps = home / "stamps"
    stamps.mkdir()
    (stamps / "config.json").write_text("{}")
    (stamps / "provenance.json").write_text(code.model_dump_json())
    tags = code.tags() | {"seedbed.seed": "7", "seedbed.config_digest": digest_json({}), "seedbed.recipe": "x"}
    tags = {name: text for name, text in tags.items() if name != "seedbed.git.diff_refused"}
    foreign = set()
    for number in range(num_runs):
        theirs = number * num_foreign // num_runs != (number + 1) * num_foreign // num_runs
        run_id = tracker.start(RunStart(experiment="audited", tags={"mlflow.user": "x"} if theirs else tags))
        if theirs:
            foreign.add(run_id)
        else:
            tracker.upload(run_id, stamps)
            results = {"seedbed.results_digest": "d"}
            batch = RunBatch(params={"seed": "7", "a": "1"}, metrics={"m": 0.5}, tags=results, timestamp_ms=1)
            tracker.log(run_id, batch)
        tracker.finish(run_id, "FINISHED", 2)
    return foreign


def main() -> int:
    """Print what was found and how long it took; 1 when the bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--foreign", type=int, default=37)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        foreign = fill(home, asked.runs, asked.foreign)
        started = time.perf_counter()
        command = [str(Path(sys.executable).with_name("seedbed")), "audit", "--json"]
        done = subprocess.run(command, env=os.environ | {"SEEDBED_HOME": folder}, stdout=subprocess.PIPE, check=False)
        seconds = time.perf_counter() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)  # git, which was asked before, is a few hundredths of it
        found = json.loads(done.stdout)
    named = {each["run_id"] for each in found["findings"]}
    exact = named == foreign and found["num_runs"] == asked.runs
    print(f"audit of {found['num_runs']} runs: {len(named)} named, {'exactly' if exact else 'NOT'} the foreign ones")
    cpu_s = used.ru_utime + used.ru_stime
    print(f"{seconds:.2f} s ({cpu_s:.2f} s of processor), {seconds / BAR_S:.2f} x the bar of {BAR_S:.0f} s")
    return int(not exact or seconds > BAR_S)


if __name__ == "__main__":
    raise SystemExit(main())
