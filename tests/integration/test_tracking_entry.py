"""Check that a run is recorded whole from wherever people start one.

tests/integration/test_tracking_entry.py - v0.1.0
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.record import RunRecord

SOURCE = Path(__file__).parents[2] / "src"
LIMIT_S = 240
PROGRAM = """
from seedbed.wiring import tracked_run

with tracked_run("entry", {"top_k": 10}, seed=7) as run:
    run.log_metrics({"draw": run.seeds.generator("x").random()})
"""


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", *who, "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Share one store, so that its tables are made once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def project(tmp_path):
    """Make a repository with a package and a script."""
    folder = tmp_path / "project"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "__main__.py").write_text(PROGRAM)
    (folder / "script.py").write_text(PROGRAM)
    (folder / "uv.lock").write_text("numpy==2.0\n")
    (folder / ".gitignore").write_text("__pycache__/\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a state")
    return folder


def record(home: Path, *command: str | Path, cwd: Path, **variables: str) -> RunRecord:
    """Run the program, which must say nothing, and return the run that it recorded."""
    environ = {"SEEDBED_HOME": str(home), "PYTHONPATH": str(SOURCE)} | variables
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")} | environ,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    newest = MlflowArchive(TrackingConfig(), home).find("entry", limit=1)[0]
    assert (newest.status, newest.params) == ("FINISHED", {"seed": "7", "top_k": "10"})
    assert newest.tags["seedbed.seed"] == "7"
    return newest


@pytest.mark.slow
def test_script_and_module_record_the_commit_and_the_same_result(project, home, tmp_path):
    runs = [
        record(home, sys.executable, project / "script.py", cwd=tmp_path),
        record(home, sys.executable, "-m", "package", cwd=project),
    ]
    commit = git(project, "rev-parse", "HEAD")
    assert [run.tags["seedbed.entry"] for run in runs] == ["script", "module"]
    assert [run.tags["seedbed.git.commit"] for run in runs] == [commit] * 2
    assert [run.tags["mlflow.source.git.commit"] for run in runs] == [commit] * 2
    assert [run.tags["seedbed.git.dirty"] for run in runs] == ["false"] * 2
    assert len({run.tags["seedbed.lock_digest"] for run in runs}) == 1
    assert len({run.tags["seedbed.results_digest"] for run in runs}) == 1
    assert len({run.run_id for run in runs}) == 2


@pytest.mark.slow
def test_dirty_tree_is_kept_with_the_run_and_can_be_made_again(project, home, tmp_path):
    (project / "package" / "extra.py").write_text("NEW = 1\n")
    (project / "script.py").write_text(PROGRAM + "# changed\n")
    run = record(home, sys.executable, "script.py", cwd=project)
    assert run.tags["seedbed.git.dirty"] == "true"
    archive = MlflowArchive(TrackingConfig(), home)
    assert archive.get(run.run_id).artifacts == ("config.json", "diff.patch", "provenance.json")
    patch = archive.download(run.run_id, "diff.patch", tmp_path / "down")
    git(tmp_path, "clone", "-q", str(project), "again")
    git(tmp_path / "again", "checkout", "-q", run.tags["seedbed.git.commit"])
    git(tmp_path / "again", "apply", str(patch))
    assert (tmp_path / "again" / "package" / "extra.py").read_text() == "NEW = 1\n"
    assert (tmp_path / "again" / "script.py").read_text() == PROGRAM + "# changed\n"
    provenance = json.loads(archive.download(run.run_id, "provenance.json", tmp_path / "down").read_text())
    assert provenance["code"]["untracked"] == ["package/extra.py"]


@pytest.mark.slow
def test_outside_a_repository_the_run_says_why_it_has_no_commit(project, home, tmp_path):
    shutil.rmtree(project / ".git")
    run = record(home, sys.executable, "script.py", cwd=project, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert "not a git repository" in run.tags["seedbed.git.problem"]
    assert run.tags["seedbed.lock_digest"]
