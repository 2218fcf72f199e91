"""Check that a run is recorded in two places, and that losing the second loses nothing of the first.

tests/unit/tracking/test_mirror.py - v0.1.0
"""

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.settings import load_settings
from seedbed.tracking.mirror import MirroringTracker
from seedbed.tracking.record import RunBatch, RunStart
from seedbed.wiring import tracker as wired
from tests.unit.tracking.listing import ListingTracker

START = RunStart(experiment="e")


@pytest.fixture
def places():
    first, second = ListingTracker(), ListingTracker()
    second.starts.append(START)  # so that the ids of the two differ
    return first, second, MirroringTracker(first, second, "seedbed.wandb.url")


def batch(value):
    return RunBatch(metrics={"loss": value}, timestamp_ms=1)


def test_everything_goes_to_both_under_their_own_ids_and_each_names_the_other(places, tmp_path):
    first, second, tracker = places
    run_id = tracker.start(START)
    (tmp_path / "a.txt").write_text("a")
    tracker.log(run_id, batch(0.5))
    tracker.upload(run_id, tmp_path)
    tracker.finish(run_id, "FINISHED", 2)
    assert first.tags == {"seedbed.wandb.url": f"memory:{2:032x}"}
    assert second.tags == {"seedbed.run_id": run_id}
    assert first.batches[-1] == second.batches[-1] == batch(0.5)
    assert first.files == second.files == {"a.txt": b"a"}
    assert first.status == second.status == "FINISHED"
    assert tracker.artifact_uri(run_id) == f"memory:{run_id}"


def test_second_place_that_goes_away_is_told_once_and_the_run_goes_on(places, caplog):
    first, second, tracker = places
    run_id = tracker.start(START)
    second.failure = WorldError("it is away")
    for value in (0.5, 0.25):
        tracker.log(run_id, batch(value))
    tracker.finish(run_id, "FINISHED", 2)
    assert (first.status, first.batches[-1]) == ("FINISHED", batch(0.25))
    assert [record.message for record in caplog.records] == ["mirror_dropped"]


def test_second_place_that_refuses_at_the_start_is_told_before_anything_is_computed(places):
    first, second, tracker = places
    second.failure = UserError("wrong key")
    with pytest.raises(UserError, match="wrong key"):
        tracker.start(START)
    assert first.starts == []


def test_first_place_that_refuses_at_the_start_leaves_no_open_twin(places):
    first, second, tracker = places
    first.failure = WorldError("it is away")
    with pytest.raises(WorldError, match="it is away"):
        tracker.start(START)
    assert second.status == "FAILED"


def test_project_in_the_settings_is_what_switches_it_on(home):
    given = {
        "SEEDBED_HOME": str(home),
        "SEEDBED_TRACKING__WANDB_PROJECT": "p",
        "SEEDBED_TRACKING__WANDB_MODE": "offline",
    }
    settings = load_settings(given)
    assert isinstance(wired(settings.tracking, home), MirroringTracker)
