"""Check that a run is stamped before it does anything and closed whatever happens.

tests/unit/tracking/test_run.py - v0.1.0
"""

import json
import logging
import os
import random
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel, SecretStr

from seedbed.errors import UserError, WorldError
from seedbed.tracking.provenance import Provenance, collect
from seedbed.tracking.run import is_alive, tracked_run
from tests.unit.tracking.listing import ListingTracker


class Config(BaseModel):
    top_k: int = 10
    key: SecretStr = SecretStr("hunter22222")


@pytest.fixture(scope="module")
def provenance(tmp_path_factory):
    return collect(tmp_path_factory.mktemp("nowhere"))


@pytest.fixture
def tracker():
    return ListingTracker()


@pytest.fixture
def open_run(tracker, tmp_path, provenance):
    """Return what opens a run with everything but the named things given."""

    def opened(config=None, **more):
        more = {"tracker": tracker, "home": tmp_path, "provenance": provenance} | more
        return tracked_run("retrieval", Config() if config is None else config, **more)

    return opened


def test_run_carries_configuration_seed_and_provenance_before_the_block_starts(open_run, tracker):
    with open_run(seed=7, tags={"team": "a"}, parent_run_id="f" * 32) as run:
        start = tracker.starts[0]
        assert (start.experiment, start.parent_run_id, start.tags["team"]) == ("retrieval", "f" * 32, "a")
        assert start.tags["seedbed.seed"] == "7"
        assert start.tags["seedbed.python"].startswith("3.")
        assert tracker.params == {"seed": "7", "top_k": "10", "key": "**********"}
        assert json.loads(tracker.files["config.json"]) == {"top_k": 10, "key": "**********"}
        assert Provenance.model_validate_json(tracker.files["provenance.json"]).entry == "pytest"
        assert list(run.artifacts.iterdir()) == []
    assert "hunter" not in repr(tracker.calls)


def test_secret_in_a_plain_field_parameter_or_tag_is_not_recorded(open_run, tracker):
    address = "https://bob:hunter22222@store.example/x"
    with open_run({"api_token": "hunter22222", "store": {"url": address}}, tags={"from": address}) as run:
        run.log_params({"endpoint": address})
        run.set_tags({"tried": address})
        run.use_data("corpus", "abc", source=address)
    assert tracker.params["endpoint"] == tracker.tags["tried"] == "https://***@store.example/x"
    assert json.loads(tracker.files["config.json"])["api_token"] == "***"
    assert "hunter" not in repr(tracker.calls) + repr(tracker.files)


def test_seed_of_the_configuration_does_not_hide_behind_the_seed_of_the_run(open_run, tracker):
    with open_run({"seed": 99}, seed=7):
        assert tracker.starts[0].tags["seedbed.seed"] == "7"
        assert tracker.params["seed"] == "99"


def test_run_without_a_seed_gets_one_that_is_recorded(open_run, tracker):
    seeds = set()
    for _ in range(3):
        with open_run() as run:
            seeds.add(run.seed)
        assert tracker.starts[-1].tags["seedbed.seed"] == str(run.seed)
    assert len(seeds) == 3


def test_libraries_are_seeded_and_named_generators_are_at_hand(open_run):
    draws = []
    for _ in range(2):
        with open_run(seed=3) as run:
            draws.append((random.random(), float(np.random.rand()), run.seeds.generator("x").integers(10**9)))
    assert draws[0] == draws[1]


def test_block_that_ends_closes_the_run_with_its_results_digest(open_run, tracker, tmp_path):
    with open_run(seed=7) as run:
        run.log_metrics({"recall": 0.5})
        (run.artifacts / "deep").mkdir()
        (run.artifacts / "deep" / "rows.txt").write_text("rows")
    assert tracker.status == "FINISHED"
    assert tracker.tags["seedbed.results_digest"] == run.results_digest()
    assert tracker.files["deep/rows.txt"] == b"rows"
    assert list((tmp_path / "running").iterdir()) == []


def test_error_fails_the_run_keeps_the_traceback_and_goes_on_up(open_run, tracker, tmp_path):
    def experiment() -> None:
        with open_run() as run:
            (run.artifacts / "half.txt").write_text("so far")
            print(1 / 0)

    with pytest.raises(ZeroDivisionError):
        experiment()
    assert tracker.status == "FAILED"
    assert tracker.tags["seedbed.error"] == "ZeroDivisionError: division by zero"
    assert b"print(1 / 0)" in tracker.files["traceback.txt"]
    assert tracker.files["half.txt"] == b"so far"
    assert "seedbed.results_digest" not in tracker.tags
    assert list((tmp_path / "running").iterdir()) == []


def test_secret_in_the_text_of_an_error_is_not_recorded(open_run, tracker):
    secret = "correct" + "-horse-7"
    with pytest.raises(ValueError, match="refused"), open_run():
        raise ValueError(f"refused: password={secret}")
    assert tracker.tags["seedbed.error"] == "ValueError: refused: password=***"
    assert secret.encode() not in tracker.files["traceback.txt"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_interruption_kills_the_run(open_run, tracker, stop):
    with pytest.raises(stop), open_run():
        raise stop
    assert tracker.status == "KILLED"


def test_termination_signal_kills_the_run_and_is_the_default_again_afterwards(open_run, tracker):
    with pytest.raises(SystemExit) as stopped, open_run():
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert tracker.status == "KILLED"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_run_in_another_thread_leaves_signals_alone(open_run, tracker):
    def work() -> None:
        with open_run() as run:
            run.log_metrics({"m": 1})

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert tracker.status == "FINISHED"


def test_store_that_is_away_at_the_start_is_said_at_once(open_run, tracker, tmp_path):
    tracker.failure = WorldError("away")
    with pytest.raises(WorldError, match="away"), open_run():
        pytest.fail("the block must not start")
    assert not (tmp_path / "running").exists()


def test_store_that_goes_away_does_not_hide_the_error_of_the_experiment(open_run, tracker, tmp_path):
    def experiment() -> None:
        with open_run() as run:
            tracker.failure = WorldError("away")
            (run.artifacts / "half.txt").write_text("so far")
            print(1 / 0)

    with pytest.raises(ZeroDivisionError) as caught:
        experiment()
    folder = tmp_path / "running" / f"{1:032x}"
    assert caught.value.__notes__ == [f"and run {1:032x} could not be closed whole, its files stay in {folder}: away"]
    assert (tmp_path / "running" / f"{1:032x}" / "artifacts" / "half.txt").exists()


class StumblingTracker(ListingTracker):
    """Raises what it is given at the uploads after the stamps', as often as there is something to raise."""

    def __init__(self, *stumbles: BaseException) -> None:
        super().__init__()
        self.stumbles = list(stumbles)

    def upload(self, run_id: str, folder: Path) -> None:
        if self.stumbles and folder.name == "artifacts":
            raise self.stumbles.pop(0)
        super().upload(run_id, folder)


@pytest.mark.parametrize(
    ("stumbles", "status"),
    [
        ([KeyboardInterrupt()], "KILLED"),
        ([KeyboardInterrupt(), KeyboardInterrupt()], "KILLED"),
        ([UserError("no such name")], "FAILED"),
        ([UserError("no such name")] * 2, "FAILED"),
        ([RuntimeError("a fault of the library")] * 2, "FAILED"),
    ],
)
def test_run_that_stumbles_while_it_closes_does_not_stay_open(open_run, tmp_path, stumbles, status):
    tracker = StumblingTracker(*stumbles)
    with pytest.raises(type(stumbles[0])), open_run(tracker=tracker) as run:
        (run.artifacts / "rows.txt").write_text("rows")
    assert tracker.status == run.status == status
    assert "seedbed.error" in tracker.tags
    assert "seedbed.results_digest" not in tracker.tags
    sent = tracker.files.get("rows.txt") == b"rows"
    assert sent != (tmp_path / "running" / run.run_id / "artifacts" / "rows.txt").exists()


def test_file_under_the_name_of_a_stamp_does_not_replace_it(open_run, tracker, caplog):
    with caplog.at_level(logging.WARNING), open_run() as run:
        (run.artifacts / "config.json").write_text("mine")
    assert json.loads(tracker.files["config.json"])["top_k"] == 10
    assert tracker.files["own-config.json"] == b"mine"
    assert "artifact_name_taken" in caplog.messages


def test_log_lines_of_the_block_carry_the_run_id(open_run):
    from seedbed import logging_format

    with open_run() as run:
        assert logging_format.run_id.get() == run.run_id
    assert logging_format.run_id.get() != run.run_id


def test_parameter_may_be_said_twice_but_not_changed(open_run, tracker):
    with open_run() as run:
        num_sent = len(tracker.batches)
        run.log_params({"top_k": 10})
        assert len(tracker.batches) == num_sent
        run.log_params({"extra": {"a": 1}})
        assert tracker.params["extra.a"] == "1"
        with pytest.raises(UserError, match="'top_k' of this run is '10' and cannot become '11'"):
            run.log_params({"top_k": 11})


def test_metrics_of_one_step_go_in_one_write(open_run, tracker):
    with open_run() as run:
        num_sent = len(tracker.batches)
        run.log_metrics({f"m{i}": i for i in range(50)}, step=3)
        assert len(tracker.batches) == num_sent + 1
        assert (tracker.batches[-1].step, len(tracker.batches[-1].metrics)) == (3, 50)


def test_results_digest_follows_results_to_the_last_bit_and_ignores_costs(open_run, provenance):
    def digest(value: float, cost: float, row: str, order: int = 1) -> str:
        with open_run(seed=7) as run:
            run.log_costs({"seconds": cost})
            run.record_result("rows", row)
            run.log_metrics(dict([("a", value), ("b", 2.0)][::order]))
        return run.results_digest()

    first = digest(0.1, 1.0, "r")
    assert first == digest(0.1, 2.0, "r") == digest(0.1, 1.0, "r", -1)
    assert len({first, digest(np.nextafter(0.1, 1), 1.0, "r"), digest(0.1, 1.0, "other")}) == 3


def test_results_digest_is_pinned_because_stored_runs_are_compared_with_it(open_run):
    with open_run(seed=7) as run:
        run.record_result("rows", "abc")
        run.log_metrics({"ndcg": 0.1, "recall": float("nan")})
    assert run.results_digest() == run.results_digest({"ndcg": 0.1})
    assert run.results_digest() == "9ae895c7446888ca2e117cea0885fbde"


def test_costs_are_kept_apart_from_results(open_run, tracker):
    with open_run() as run:
        run.log_costs({"num_embedded": 7})
        assert run.costs == {"num_embedded": 7.0}
        assert tracker.batches[-1].metrics == {"cost/num_embedded": 7.0}


@pytest.mark.parametrize("kind", ["data", "model"])
def test_what_is_named_without_digest_and_source_is_refused_and_the_current_folder_is_not_read(open_run, kind):
    with (
        open_run() as run,
        pytest.raises(UserError, match=rf"{kind} 'x' has neither .* Example: run.use_{kind}\('x', "),
    ):
        getattr(run, f"use_{kind}")("x")


def test_data_digests_are_tags_and_one_digest_names_them_all(open_run, tracker):
    with open_run() as run:
        assert run.data_digest == ""
        run.use_data("corpus", "abc", source="data/corpus")
        one = run.data_digest
        run.use_data("queries", "def")
        both = run.data_digest
        assert tracker.tags["seedbed.data.corpus"] == "abc"
        assert tracker.tags["seedbed.data_source.corpus"] == "data/corpus"
        assert tracker.tags["seedbed.data_digest"] == both != one
    with open_run() as run:
        run.use_data("queries", "def")
        run.use_data("corpus", "abc")
        assert run.data_digest == both


def test_published_files_go_again_only_when_they_changed(open_run, tracker):
    with open_run() as run:
        (run.artifacts / "a.txt").write_text("1")
        run.publish()
        run.publish()
        uploads = [value for what, value in tracker.calls if what == "upload"]
        assert len(uploads) == 2  # the stamps, and a.txt
    assert len([what for what, _ in tracker.calls if what == "upload"]) == 2


def test_nothing_is_left_of_a_run_but_what_was_sent(open_run, tmp_path):
    with open_run() as run:
        (run.artifacts / "big.bin").write_bytes(b"x" * 1000)
    assert [path for path in Path(tmp_path).rglob("*") if path.is_file()] == []


def test_run_is_finished_even_where_its_folder_does_not_go_away(open_run, tracker, tmp_path, monkeypatch):
    real, was_alive = os.unlink, []

    def unlink(path, **at):
        was_alive.append(is_alive(tmp_path, run.run_id))  # a locked file cannot be removed from a network file system
        if path == "stuck":
            raise PermissionError(path)
        real(path, **at)

    with open_run() as run:
        (run.artifacts / "stuck").touch()
        (run.artifacts / "other").touch()
        monkeypatch.setattr(os, "unlink", unlink)
    assert tracker.status == "FINISHED"
    assert [path.name for path in run.artifacts.iterdir()] == ["stuck"]
    assert not any(was_alive)
