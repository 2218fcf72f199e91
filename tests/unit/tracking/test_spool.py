"""Check that a run outlives its tracking store, and that what was kept is sent once and in order.

tests/unit/tracking/test_spool.py - v0.1.0
"""

import json
import logging
import math
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.tracking.push import push, unsent_runs
from seedbed.tracking.record import RunBatch, RunStart
from seedbed.tracking.spool import SpoolingTracker
from tests.unit.tracking.listing import ListingTracker

RUN = f"{1:032x}"
AWAY = WorldError("store is away")


def batch(number: int, **fields: object) -> RunBatch:
    return RunBatch.model_validate({"timestamp_ms": number, "metrics": {"m": float(number)}, "step": number} | fields)


@pytest.fixture
def store():
    return ListingTracker()


@pytest.fixture
def tracker(store, tmp_path):
    return SpoolingTracker(store, tmp_path)


def run_that_loses_its_store(store: ListingTracker, tracker: SpoolingTracker, folder: Path) -> str:
    """Send one batch, lose the store, then send the rest of a run."""
    run_id = tracker.start(RunStart(experiment="e"))
    tracker.log(run_id, batch(1))
    store.failure = AWAY
    tracker.log(run_id, batch(2, params={"p": "x"}))
    folder.mkdir()
    (folder / "a.txt").write_text("first")
    tracker.upload(run_id, folder)
    (folder / "a.txt").write_text("second")
    tracker.log(run_id, batch(3))
    tracker.upload(run_id, folder)
    tracker.finish(run_id, "FINISHED", 4)
    return run_id


def test_store_that_answers_leaves_nothing_on_disk(store, tracker, tmp_path):
    run_id = tracker.start(RunStart(experiment="e"))
    tracker.log(run_id, batch(1))
    tracker.finish(run_id, "FINISHED", 2)
    assert [what for what, _ in store.calls] == ["start", "log", "finish"]
    assert list(tmp_path.iterdir()) == []


def test_store_that_is_away_at_the_start_is_said_at_once(store, tracker, tmp_path):
    store.failure = AWAY
    with pytest.raises(WorldError, match="store is away"):
        tracker.start(RunStart(experiment="e"))
    assert unsent_runs(tmp_path) == []


def test_what_the_store_misses_is_sent_later_in_order_and_with_its_own_times(store, tracker, tmp_path):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")
    assert unsent_runs(tmp_path) == [run_id]
    store.failure = None
    store.calls.clear()
    assert push(tmp_path, store).sent == (run_id,)
    assert store.calls == [
        ("log", batch(2, params={"p": "x"})),
        ("upload", ["a.txt"]),
        ("log", batch(3)),
        ("upload", ["a.txt"]),
        ("finish", ("FINISHED", 4)),
    ]
    assert store.files == {"a.txt": b"second"}
    assert list((tmp_path / "unsent").iterdir()) == []


def test_run_goes_on_to_disk_even_when_the_store_comes_back(store, tracker, tmp_path):
    run_id = tracker.start(RunStart(experiment="e"))
    store.failure = AWAY
    tracker.log(run_id, batch(1))
    store.failure = None
    store.calls.clear()
    tracker.log(run_id, batch(2))
    assert store.calls == []
    other = tracker.start(RunStart(experiment="e"))
    tracker.log(other, batch(3))
    assert [what for what, _ in store.calls] == ["start", "log"]


def test_loss_is_said_once_and_the_way_back_at_the_end(store, tracker, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        run_that_loses_its_store(store, tracker, tmp_path / "files")
    assert caplog.messages == ["tracking_store_away", "run_kept_on_disk"]
    assert caplog.records[0].reason == "store is away"
    assert caplog.records[1].next == "seedbed runs push"


def test_users_mistake_is_not_spooled(store, tracker, tmp_path):
    run_id = tracker.start(RunStart(experiment="e"))
    store.failure = UserError("bad name")
    with pytest.raises(UserError, match="bad name"):
        tracker.log(run_id, batch(1))
    assert unsent_runs(tmp_path) == []


def test_artefacts_are_where_they_are_kept(store, tracker, tmp_path):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")
    assert tracker.artifact_uri(run_id) == (tmp_path / "unsent" / run_id).as_uri()
    store.failure = None
    assert tracker.artifact_uri(run_id) == f"memory:{run_id}"


def test_push_while_the_store_is_away_keeps_everything(store, tracker, tmp_path):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")
    before = (tmp_path / "unsent" / run_id / "events.jsonl").read_bytes()
    report = push(tmp_path, store)
    assert (report.sent, report.kept) == ((), {run_id: "store is away"})
    assert (tmp_path / "unsent" / run_id / "events.jsonl").read_bytes() == before


@pytest.mark.parametrize("num_accepted", range(5))
def test_push_that_breaks_off_goes_on_where_it_stopped(store, tracker, tmp_path, num_accepted):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")

    class Breaking(ListingTracker):
        def _take(self, what, value):
            if len(self.calls) == num_accepted:
                raise AWAY
            super()._take(what, value)

    breaking = Breaking()
    assert push(tmp_path, breaking).kept == {run_id: "store is away"}
    store.failure = None
    store.calls.clear()
    assert push(tmp_path, store).sent == (run_id,)
    assert [what for what, _ in breaking.calls + store.calls] == ["log", "upload", "log", "upload", "finish"]
    assert (breaking.files | store.files) == {"a.txt": b"second"}


def test_run_that_is_refused_stays_and_does_not_hold_up_the_next(store, tmp_path):
    tracker = SpoolingTracker(store, tmp_path)
    first, second = (tracker.start(RunStart(experiment="e")) for _ in range(2))
    store.failure = AWAY
    for run_id in (first, second):
        tracker.log(run_id, batch(1))
        tracker.finish(run_id, "FINISHED", 2)
    store.failure = None

    class Refusing(ListingTracker):
        def log(self, run_id, sent):
            if run_id == first:
                raise UserError("that run was deleted")
            super().log(run_id, sent)

    report = push(tmp_path, Refusing())
    assert (report.sent, report.kept) == ((second,), {first: "that run was deleted"})
    assert unsent_runs(tmp_path) == [first]


def test_numbers_that_json_does_not_know_survive(store, tracker, tmp_path):
    run_id = tracker.start(RunStart(experiment="e"))
    store.failure = AWAY
    values = {"nan": math.nan, "inf": math.inf, "small": 5e-324, "third": 1 / 3}
    tracker.log(run_id, batch(1, metrics=values))
    tracker.finish(run_id, "FINISHED", 2)
    store.failure = None
    push(tmp_path, store)
    sent = store.batches[-1].metrics
    assert math.isnan(sent["nan"])
    assert {name: value for name, value in sent.items() if name != "nan"} == {
        k: v for k, v in values.items() if k != "nan"
    }


def test_line_cut_off_by_a_crash_is_left_out_and_a_damaged_one_is_named(store, tracker, tmp_path):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")
    events = tmp_path / "unsent" / run_id / "events.jsonl"
    whole = events.read_bytes()
    events.write_bytes(whole + b'{"kind":"log","ba')
    store.failure = None
    lines = whole.splitlines(keepends=True)
    events.write_bytes(lines[0] + b"damaged\n" + b"".join(lines[1:]))
    assert "line 2 is damaged" in push(tmp_path, store).kept[run_id]
    events.write_bytes(whole + b'{"kind":"log","ba')
    assert push(tmp_path, store).sent == (run_id,)


def test_folder_named_outside_the_spool_is_not_sent(store, tracker, tmp_path):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")
    events = tmp_path / "unsent" / run_id / "events.jsonl"
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    lines[1]["folder"] = "../../files"
    events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    store.failure = None
    assert "line 2 is damaged" in push(tmp_path, store).kept[run_id]


def test_run_that_another_push_has_sent_meanwhile_is_not_closed_again(store, tracker, tmp_path, monkeypatch):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")
    store.failure = None
    assert push(tmp_path, store).sent == (run_id,)
    store.calls.clear()
    monkeypatch.setattr("seedbed.tracking.push.unsent_runs", lambda _: [run_id])  # listed before the other was through
    assert push(tmp_path, store).sent == ()
    assert store.calls == []
    assert list((tmp_path / "unsent").iterdir()) == []


@pytest.mark.parametrize("first", ["events.jsonl", "files-1/a.txt"])
def test_push_that_was_killed_while_it_removed_what_it_had_sent_says_nothing_new_of_the_run(
    store, tracker, tmp_path, monkeypatch, first
):
    run_id = run_that_loses_its_store(store, tracker, tmp_path / "files")
    store.failure = None

    def killed_after_the_first_file(folder, **_):
        (folder / first).unlink(missing_ok=True)

    with monkeypatch.context() as killed:
        killed.setattr("seedbed.tracking.unsent.shutil.rmtree", killed_after_the_first_file)
        assert push(tmp_path, store).sent == (run_id,)
    assert (tmp_path / "unsent" / run_id / "files-1").exists()
    store.calls.clear()
    push(tmp_path, store)
    assert store.calls == []
    assert unsent_runs(tmp_path) == []


def _lose_store_and_wait(home: Path, ready: "multiprocessing.synchronize.Event") -> None:
    store = ListingTracker()
    tracker = SpoolingTracker(store, home)
    run_id = tracker.start(RunStart(experiment="e"))
    store.failure = AWAY
    tracker.log(run_id, batch(7))
    ready.set()
    signal.pause()


def test_run_that_is_still_written_is_left_alone_and_one_whose_process_died_is_closed_as_killed(store, tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_lose_store_and_wait, args=(tmp_path, ready))
    process.start()
    try:
        assert ready.wait(60)
        assert push(tmp_path, store).kept == {RUN: f"run {RUN} is still being written by another process"}
    finally:
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    assert push(tmp_path, store).sent == (RUN,)
    assert store.calls == [("log", batch(7)), ("finish", ("KILLED", 7))]


def test_disk_that_refuses_is_the_worlds_fault_and_names_the_folder(store, tmp_path):
    home = tmp_path / "home"
    home.write_text("a file where a folder should be")
    tracker = SpoolingTracker(store, home)
    run_id = tracker.start(RunStart(experiment="e"))
    store.failure = AWAY
    with pytest.raises(WorldError, match=r"cannot keep the run in .*home/unsent.*set SEEDBED_HOME"):
        tracker.log(run_id, batch(1))
