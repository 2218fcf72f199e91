"""Measure a page of recorded runs over HTTP against the question to MLflow under it.

benchmarks/experiments_page.py - v0.1.0

10,000 runs are one recorded run copied in the database: recording them would take minutes and measure something else.

```mermaid
flowchart LR
    main --> filled & compared
```
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx

from seedbed import wiring
from seedbed.api.app import create_app
from seedbed.api.tokens import mint
from seedbed.settings import Settings, load_settings
from seedbed.tracking.adapters.mlflow_client import connect
from seedbed.tracking.record import RunBatch, RunStart

_NUM_RUNS, _SIZE, _ROUNDS = 10_000, 100, 15
_MAX_RATIO = 1.3


def filled(settings: Settings) -> None:
    """Record one run, and copy it until there are enough."""
    tracker = wiring.tracking_store(settings.tracking, settings.home)
    run_id = tracker.start(RunStart(experiment="bench"))
    params, metrics = {f"p{i}": "x" for i in range(20)}, {f"m{i}": i / 10 for i in range(10)}
    tracker.log(run_id, RunBatch(params=params, metrics=metrics, timestamp_ms=time.time_ns() // 10**6))
    tracker.finish(run_id, "FINISHED", time.time_ns() // 10**6)
    with closing(sqlite3.connect(settings.home / "mlflow.db")) as database, database:
        copies = [(uuid4().hex, number) for number in range(1, _NUM_RUNS)]
        database.execute("CREATE TEMP TABLE copies (id TEXT, number INTEGER)")
        database.executemany("INSERT INTO copies VALUES (?, ?)", copies)
        for table in ("runs", "params", "latest_metrics", "tags"):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            taken = {"run_uuid": "copies.id", "start_time": "start_time - copies.number"}
            values = ", ".join(taken.get(name, f'"{name}"') for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            database.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, copies WHERE run_uuid = ?", (run_id,)
            )


async def compared(settings: Settings) -> tuple[float, float]:
    """Return the median seconds of MLflow's client and of the API, asked in turns."""
    app = create_app(settings)
    client = connect(settings.tracking, settings.home)
    experiment = client.search_experiments(filter_string="name = 'bench'")[0].experiment_id
    headers = {"Authorization": f"Bearer {mint(settings, 'bench', ['experiments:read'], 3600)}"}
    bare, served = [], []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=headers) as http:
        await http.get("/experiments", params={"experiment": "bench"}, timeout=60)
        for _ in range(_ROUNDS):
            start = time.perf_counter()
            found = client.search_runs([experiment], max_results=_SIZE, order_by=["attributes.start_time DESC"])
            bare.append(time.perf_counter() - start)
            start = time.perf_counter()
            answer = await http.get("/experiments", params={"experiment": "bench", "size": _SIZE}, timeout=60)
            served.append(time.perf_counter() - start)
            if [run["run_id"] for run in answer.json()["runs"]] != [run.info.run_id for run in found]:
                raise SystemExit("experiments_page: the API and MLflow gave different runs")
    await app.state.services.close()
    return statistics.median(bare), statistics.median(served)


def main() -> int:
    """Print both times and their ratio; return 1 when the API takes more than 1.3 times as long."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"SEEDBED_HOME": str(Path(folder, "home"))}, Path(folder))
        filled(settings)
        bare_s, served_s = asyncio.run(compared(settings))
    ratio = served_s / bare_s
    print(f"{_NUM_RUNS} runs, a page of {_SIZE}, median of {_ROUNDS}, in process")
    print(f"MLflow client {bare_s * 1e3:.1f} ms, API {served_s * 1e3:.1f} ms, ratio {ratio:.2f} (bar {_MAX_RATIO})")
    return int(ratio > _MAX_RATIO)


if __name__ == "__main__":
    sys.exit(main())
