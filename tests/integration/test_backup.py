"""Lose the home folder and get every run, artefact and search result back.

tests/integration/test_backup.py - v0.1.0
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seedbed import wiring
from seedbed.settings import load_settings
from tests.unit.indexing.conftest import Engine, documents

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TEXTS = {f"doc{number}": f"words of document {number}\nits second line {number}" for number in range(30)}

LOGGING_RUN = """
import itertools, sys, time
from seedbed import wiring
with wiring.tracked_run("busy", {"rate": 1}, seed=1) as run:
    for step in itertools.count():
        run.log_metrics({"step": float(step)}, step=step)
        if step == 3:
            print(run.run_id, flush=True)
        time.sleep(0.005)
"""


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"SEEDBED_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def seedbed(home: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", "from seedbed.cli.app import main; main()", *words, "--json"],
        env=environment(home),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def searched(home: Path) -> list[Any]:
    """Return every hit of three questions, with scores."""
    queries = np.eye(16, dtype=np.float32)[:3]
    return [
        [(hit.id, hit.score, hit.payload) for hit in hits]
        for hits in Engine(home).open_collection().search(queries, 60)
    ]


def recorded(home: Path, folder: Path) -> dict[str, Any]:
    """Return every finished run, and the bytes of its artefacts as downloaded."""
    archive = wiring.archive(load_settings(explicit={"home": str(home)}).tracking, home)
    runs = {record.run_id: archive.get(record.run_id) for record in archive.find() if record.status == "FINISHED"}
    return {
        run_id: (
            record.model_dump(exclude={"artifact_uri"}),
            {path: archive.download(run_id, path, folder / run_id).read_bytes() for path in record.artifacts},
        )
        for run_id, record in runs.items()
    }


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """Fill a home folder, back it up while a run goes on, note what it says, and lose it."""
    root = tmp_path_factory.mktemp("backup")
    home = root / "home"
    settings = load_settings(explicit={"home": str(home)})
    for seed in (1, 2, 3):
        with wiring.tracked_run("done", {"seed_of": seed}, seed=seed, settings=settings) as run:
            run.log_metrics({"ndcg": seed / 7})
            (run.artifacts / "notes.txt").write_text(f"notes of {seed}")
    with Engine(home).index(*documents(**TEXTS)) as index:
        index.bring_up_to_date()
    del index
    busy = subprocess.Popen(
        [sys.executable, "-c", LOGGING_RUN], env=environment(home), stdout=subprocess.PIPE, text=True
    )
    try:
        assert busy.stdout is not None
        running = busy.stdout.readline().strip()
        made = seedbed(home, "backup", "--to", str(root / "backups"))
        assert busy.poll() is None
    finally:
        busy.kill()
        busy.communicate()
    said = {"runs": recorded(home, root / "before"), "hits": searched(home), "running": running, "made": made}
    shutil.rmtree(home)
    return said


@pytest.mark.parametrize("name", ["home", "another home, with ü"])
def test_everything_is_back(before, tmp_path, name):
    archive = Path(before["made"]["archive"])
    home = archive.parents[1] / "home" if name == "home" else tmp_path / name
    restored = seedbed(tmp_path / "unused", "restore", str(archive), "--home", str(home))
    assert restored["counts"] == {"runs": 4, "documents": 30, "chunks": 60, "vectors": 60}
    assert restored["running"] == [before["running"]]

    assert len(before["runs"]) == 3
    assert recorded(home, tmp_path / "after") == before["runs"]
    assert searched(home) == before["hits"]

    shown = seedbed(home, "runs", "show", before["running"])
    assert shown["status"] == "RUNNING"
    assert shown["metrics"]["step"] >= 3
    finished = next(iter(before["runs"]))
    shown = seedbed(home, "runs", "show", finished)
    assert "notes.txt" in shown["artifacts"]
    assert shown["artifact_uri"].startswith((home / "artifacts").as_uri())

    engine = Engine(home)
    with engine.index(*documents(**TEXTS, new="one more line")) as index:
        report = index.bring_up_to_date()
    assert (report.num_embedded, report.num_upserted, report.num_deleted) == (1, 1, 0)
    with wiring.tracked_run("done", {}, settings=load_settings(explicit={"home": str(home)})) as run:
        run.log_metrics({"ndcg": 1.0})
    assert run.artifact_uri.startswith((home / "artifacts").as_uri())


def test_no_folder_for_backups_is_said_with_the_setting(home):
    done = subprocess.run(
        [sys.executable, "-c", "from seedbed.cli.app import main; main()", "backup"],
        env=environment(home),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "SEEDBED_BACKUP__FOLDER" in done.stderr
    assert not home.exists()
