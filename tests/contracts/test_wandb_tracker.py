"""Hold Weights & Biases to the promises of a tracking store that can be seen offline.

tests/contracts/test_wandb_tracker.py - v0.1.0

The tests are those of the suite for every store, run with the fixtures of this file. What asks for lists of runs, or
for MLflow's own limits and names, stays there.
"""

import pytest

from seedbed.errors import UserError
from seedbed.tracking.adapters.wandb import WandbTracker
from seedbed.tracking.config import TrackingConfig
from tests.contracts.test_run_tracker import (  # noqa: F401 - collected here
    batch,
    start,
    test_batch_larger_than_one_request_is_written_whole,
    test_changed_file_replaces_the_one_sent_before,
    test_changed_parameter_is_refused,
    test_failed_and_killed_runs_say_so,
    test_metric_that_is_not_a_number_is_kept_as_that,
    test_metrics_come_back_to_the_last_bit,
    test_run_ids_and_names_do_not_come_from_the_seeded_generator,
    test_run_that_is_gone_is_the_callers_mistake_and_not_the_worlds,
    test_threads_may_write_to_their_own_runs_at_once,
)
from tests.wandb_files import OfflineWandbFiles


@pytest.fixture(scope="session")
def wandb_home(tmp_path_factory):
    return tmp_path_factory.mktemp("wandb")


@pytest.fixture
def tracker(wandb_home, monkeypatch):
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    opened = WandbTracker(TrackingConfig(wandb_project="team/project", wandb_mode="offline"), wandb_home)
    yield opened
    for run_id in list(opened._runs):
        opened.finish(run_id, "KILLED", 1)


@pytest.fixture
def archive(wandb_home, tracker):
    class Closing(OfflineWandbFiles):
        """Closes a run before it is read: until then W&B's process may not have written it."""

        def get(self, run_id):
            if run_id in tracker._runs:
                tracker.finish(run_id, "FINISHED", 1)
            return super().get(run_id)

    return Closing(wandb_home)


def test_what_was_written_is_in_the_files_that_wandb_sync_sends(tracker, archive, start, tmp_path):  # noqa: F811
    run_id = start(name="first", tags={"team": "a"})
    tracker.log(run_id, batch(params={"k": "10"}, metrics={"loss": 0.1}, step=2, tags={"seedbed.seed": "7"}))
    tracker.log(run_id, batch(metrics={"loss": 0.05}, step=1))  # a step that goes back is not lost
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "ä [b].txt").write_text("rows")
    tracker.upload(run_id, tmp_path)
    uri = tracker.artifact_uri(run_id)
    tracker.finish(run_id, "FINISHED", 1)
    record = archive.get(run_id)
    assert (record.name, record.status, record.metrics) == ("first", "FINISHED", {"loss": 0.05})
    assert record.params == {"k": "10"}
    assert (record.tags["team"], record.tags["seedbed.seed"]) == ("a", "7")
    assert "deep/ä [b].txt" in record.artifacts
    assert uri == record.artifact_uri


def test_parameter_that_changes_says_what_it_was(tracker, start):  # noqa: F811
    run_id = start()
    tracker.log(run_id, batch(params={"k": "1"}))
    with pytest.raises(UserError, match=r"Weights & Biases: .*\"k\" from 1 to 2"):
        tracker.log(run_id, batch(params={"k": "2"}))
