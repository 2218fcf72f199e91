"""Check the stages of dvc.yaml with DVC itself and an S3 server on loopback.

tests/integration/test_dvc.py - v0.1.0
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import stages
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.dvc import md5_of, tracked_md5
from tests.s3_server import KEYS, remote_at, s3_server

ROOT = Path(__file__).parents[2]
DVC = Path(sys.executable).with_name("dvc")
LIMIT_S = 240


def command(folder: Path, *words: str | Path, **variables: str) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=os.environ
        | {"DVC_GLOBAL_CONFIG_DIR": str(folder.parent), "DVC_SITE_CACHE_DIR": str(folder.parent)}
        | variables,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path) -> Path:
    """Make a repository of this project's stages and what they stand on."""
    folder = tmp_path / "project"
    ignore = shutil.ignore_patterns("__pycache__", "tmp", "cache", "config.local")
    for name in (".dvc", "pipelines", "src/seedbed", "data/ner"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in (".dvcignore", ".gitignore", "dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command(folder, "git", "init", "-q")
    command(folder, "git", "add", "-A")
    command(folder, "git", *who, "commit", "-q", "-m", "a state")
    return folder


@pytest.fixture
def s3():
    with s3_server() as url:
        yield url


@pytest.mark.slow
def test_trial_is_made_once_pushed_to_s3_wiped_pulled_and_the_same(project, s3):
    (project / ".dvc" / "config.local").write_text(remote_at(s3))
    made = command(project, DVC, "exp", "run", "-S", "corpus.num_documents=40", "corpus", "ner-data")
    assert made.count("Running stage") == 2
    again = command(project, DVC, "repro", "corpus", "ner-data")
    assert "Running stage" not in again
    folders = [project / stages.CORPUS, project / stages.NER]
    before = [md5_of(folder) for folder in folders]
    assert [tracked_md5(folder) for folder in folders] == before  # ours is what DVC wrote into dvc.lock
    assert len((folders[0] / "corpus.jsonl").read_text().splitlines()) == 40
    command(project, DVC, "push", **KEYS)
    for folder in (*folders, project / ".dvc" / "cache"):
        shutil.rmtree(folder)
    # The stages that never ran have nothing to pull.
    command(project, DVC, "pull", "--allow-missing", "corpus", "ner-data", **KEYS)
    assert [md5_of(folder) for folder in folders] == before
    assert "Running stage" not in command(project, DVC, "repro", "corpus", "ner-data")


def test_changed_data_is_no_longer_what_dvc_has(tmp_path):
    (tmp_path / ".dvc").mkdir()
    data = tmp_path / "rows.csv"
    data.write_text("a\n")
    assert tracked_md5(data) == ""
    (tmp_path / "rows.csv.dvc").write_text(f"outs:\n- md5: {md5_of(data)}\n  hash: md5\n  path: rows.csv\n")
    assert tracked_md5(data) == md5_of(data) == "60b725f10c9c85c70d97880dfe8191b3"
    data.write_text("b\n")
    assert tracked_md5(data) == "60b725f10c9c85c70d97880dfe8191b3 (changed since)"


@pytest.mark.parametrize("text", ["", "outs: 3", "{", "stages: [1]", "stages: {a: 1}"])
def test_file_that_is_not_dvcs_is_passed_over(tmp_path, text):
    (tmp_path / "rows.csv").write_text("a\n")
    for name in ("rows.csv.dvc", "dvc.lock"):
        (tmp_path / name).write_text(text)
    assert tracked_md5(tmp_path / "rows.csv") == ""


@pytest.mark.slow
def test_stage_of_an_experiment_writes_metrics_run_and_plot_and_the_run_has_dvcs_md5(tmp_path, home, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "rows.csv").write_text("a\n")
    (tmp_path / "dvc.lock").write_text(
        f"stages:\n  one:\n    outs:\n    - path: rows.csv\n      md5: {md5_of(tmp_path / 'rows.csv')}\n"
    )
    (tmp_path / "mine.py").write_text(
        "from pydantic import BaseModel, ConfigDict\nfrom seedbed.tracking.run import Run\n"
        "class C(BaseModel):\n    model_config = ConfigDict(frozen=True)\n    k: int = 1\n"
        "def mine(config: C, run: Run) -> dict[str, float]:\n"
        "    run.use_data('rows', 'x', source='rows.csv')\n    return {'half': config.k / 2, 'many': 17.0}\n"
    )
    stages.run_experiment("mine.py:mine", 7, list(stages.as_overrides({"k": 1})), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == {"half": 0.5, "many": 17.0}
    assert (tmp_path / "out" / "metrics.csv").read_text() == "metric,value\nhalf,0.5\n"
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    record = MlflowArchive(TrackingConfig(), home).get(run["run_id"])
    assert (run["seed"], record.params["k"]) == (7, "1")
    assert record.tags["seedbed.data_dvc.rows"] == md5_of(tmp_path / "rows.csv")


def test_unknown_stage_is_told_with_where_they_are_listed(capsys):
    assert stages.main(["evalute"]) == 2
    assert "stage 'evalute' is unknown; dvc.yaml lists them" in capsys.readouterr().err
