"""Check that an audit names exactly the runs that nobody can review.

tests/integration/test_audit.py - v0.1.0
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from seedbed.cli.commands import audit as command
from seedbed.errors import UserError
from seedbed.experiments.audit import audit, parse_since
from seedbed.tracking.adapters.mlflow import MlflowTracker
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.provenance import collect
from seedbed.tracking.record import RunBatch, RunStart
from seedbed.tracking.run import tracked_run
from tests.repositories import git


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("audited")


@pytest.fixture(scope="module")
def runs(store, tmp_path_factory):
    """Six of ours and the damaged or foreign ones by what is wrong with them."""
    project = tmp_path_factory.mktemp("project")
    git(project, "init", "-q")
    git(project, "commit", "-q", "--allow-empty", "-m", "one")
    tracker = MlflowTracker(TrackingConfig(), store)

    def ours(**more):
        provenance = collect(project)
        with tracked_run("ours", {"a": 1}, tracker=tracker, home=store, provenance=provenance, **more) as run:
            (run.artifacts / "rows.txt").write_text("1")
            run.log_metrics({"m": 1.0})
        return run.run_id

    for _ in range(6):
        ours(tags={"seedbed.recipe": "ours"})
    foreign = tracker.start(RunStart(experiment="theirs", tags={"mlflow.user": "somebody"}))
    tracker.log(foreign, RunBatch(metrics={"acc": 0.9}, timestamp_ms=1))
    tracker.finish(foreign, "FINISHED", 2)
    gone = ours()
    (store / "artifacts" / gone / "artifacts" / "rows.txt").unlink()
    altered = ours()
    tracker.log(altered, RunBatch(tags={"seedbed.seed": "1"}, timestamp_ms=1))
    mixed = ours(tags={"seedbed.resumes": gone, "seedbed.resumes_commit": "another"})
    return {"foreign": foreign, "gone": gone, "altered": altered, "mixed": mixed}


def test_exactly_the_runs_that_miss_something_are_named_with_what_they_miss(runs, store):
    found = audit(MlflowArchive(TrackingConfig(), store))
    missing = {each.run_id: each.missing for each in found.findings}
    assert (found.num_runs, found.num_repeatable, found.num_kept_elsewhere) == (10, 6, 0)
    assert set(missing) == set(runs.values())
    words = ("seed", "configuration", "commit", "package versions", "Python version", "hardware", "command")
    assert missing[runs["foreign"]] == (*words, "results digest")
    assert missing[runs["gone"]] == ("artefact rows.txt",)
    assert missing[runs["altered"]] == ("seed (parameter and tag do not agree)",)
    assert missing[runs["mixed"]][0].startswith("one state of the code (it goes on from run")


def test_only_what_is_new_enough_is_looked_at(runs, store):
    archive = MlflowArchive(TrackingConfig(), store)
    assert audit(archive, datetime.now(UTC) + timedelta(hours=1)).num_runs == 0
    assert audit(archive, datetime.now(UTC) - timedelta(hours=1)).num_runs == 10


def test_command_exits_with_one_and_says_which(runs, store, monkeypatch):
    monkeypatch.setenv("SEEDBED_HOME", str(store))
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.callback()(lambda: None)
    command.register(app)
    shown = CliRunner().invoke(app, ["audit"])
    assert shown.exit_code == 1
    assert "6 of 10 runs can be reviewed" in shown.stdout
    assert "artefact rows.txt" in shown.stdout
    told = json.loads(CliRunner().invoke(app, ["audit", "--json", "--since", "1h"]).stdout)
    assert {each["run_id"] for each in told["findings"]} == set(runs.values())
    assert CliRunner().invoke(app, ["audit", "--since", "2999-01-01"]).exit_code == 0


def test_moments_are_dates_times_and_spans():
    assert parse_since("2026-11-01T12:00").isoformat() == "2026-11-01T12:00:00+00:00"
    assert timedelta(days=6.9) < datetime.now(UTC) - parse_since("7d") < timedelta(days=7.1)
    with pytest.raises(UserError, match="--since 'yesterday' is no moment.*7d"):
        parse_since("yesterday")
