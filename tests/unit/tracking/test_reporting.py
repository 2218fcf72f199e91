"""State what a run tells the process that waits for it.

tests/unit/tracking/test_reporting.py - v0.1.0
"""

import json

import pytest

from seedbed.tracking.live_run import Run
from seedbed.tracking.record import RunStart
from seedbed.tracking.reporting import ReportingTracker
from tests.unit.tracking.listing import ListingTracker


@pytest.fixture
def report(tmp_path):
    return tmp_path / "steps.jsonl"


def test_id_and_every_step_are_told_and_everything_is_passed_on(tmp_path, report):
    inner = ListingTracker()
    tracker = ReportingTracker(inner, report)
    run_id = tracker.start(RunStart(experiment="mine"))
    run = Run(tracker, run_id=run_id, experiment="mine", seed=7, home=tmp_path)
    run.log_metrics({"loss": 0.5}, step=1)
    run.log_costs({"seconds": 3.0})
    run.log_params({"k": 1})
    run.log_metrics({"loss": float("nan")}, step=2)
    run.log_last({"loss": 9.0})  # whoever reads this could end a run that is about to close
    tracker.upload(run_id, tmp_path)
    tracker.finish(run_id, "FINISHED", 0)

    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert told[:2] == [{"run_id": run_id}, {"step": 1, "metrics": {"loss": 0.5}}]
    assert (len(told), told[2]["step"]) == (3, 2)
    assert [what for what, _ in inner.calls] == ["start", "log", "log", "log", "log", "log", "upload", "finish"]
    assert tracker.artifact_uri(run_id) == f"memory:{run_id}"
