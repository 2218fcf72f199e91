"""Hold every tracking store to the same promises, written through its tracker and read through its archive.

tests/contracts/test_run_tracker.py - v0.1.0
"""

import math
import random
import threading
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from seedbed.errors import UserError
from seedbed.missing import MissingError
from seedbed.tracking.adapters.mlflow import MAX_PARAM_CHARS, MAX_TAG_CHARS, MlflowTracker
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.page import RunQuery
from seedbed.tracking.ports import RunArchive, RunTracker
from seedbed.tracking.record import RunBatch, RunStart
from seedbed.tracking.spool import SpoolingTracker
from tests.mlflow_server import MlflowServer
from tests.store_servers import free_port

NOW_MS = 1_790_000_000_000
type Store = tuple[RunTracker, RunArchive]


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = MlflowServer(tmp_path_factory.mktemp("mlflow-server"), free_port())
    server.start()
    yield server.url
    server.kill()


@pytest.fixture(scope="session", params=["sqlite", "server", "spooled sqlite"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("home")
    uri = request.getfixturevalue("mlflow_url") if request.param == "server" else None
    config = TrackingConfig(uri=uri, timeout_s=30)
    tracker: RunTracker = MlflowTracker(config, home)
    return SpoolingTracker(tracker, home) if request.param.startswith("spooled") else tracker, MlflowArchive(
        config, home
    )


@pytest.fixture
def tracker(store: Store) -> RunTracker:
    return store[0]


@pytest.fixture
def archive(store: Store) -> RunArchive:
    return store[1]


@pytest.fixture
def start(tracker: RunTracker) -> Callable[..., str]:
    """Return what opens a run of an experiment of its own."""
    experiment = f"e-{uuid4().hex[:8]}"

    def opened(**fields: object) -> str:
        return tracker.start(RunStart.model_validate({"experiment": experiment} | fields))

    return opened


def batch(**fields: object) -> RunBatch:
    return RunBatch.model_validate({"timestamp_ms": NOW_MS} | fields)


def test_what_was_written_is_read_back(tracker, archive, start, tmp_path):
    run_id = start(name="first", tags={"team": "a"})
    tracker.log(run_id, batch(params={"k": "10"}, metrics={"loss": 0.1}, step=1, tags={"seedbed.seed": "7"}))
    tracker.log(run_id, batch(metrics={"loss": 0.05}, step=2))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "ä b.txt").write_text("rows")
    (tmp_path / "a.txt").write_text("a")
    tracker.upload(run_id, tmp_path)
    tracker.finish(run_id, "FINISHED", NOW_MS)
    record = archive.get(run_id)
    assert (record.run_id, record.name, record.status) == (run_id, "first", "FINISHED")
    assert (record.params, record.metrics) == ({"k": "10"}, {"loss": 0.05})
    assert (record.tags["team"], record.tags["seedbed.seed"]) == ("a", "7")
    assert sorted(record.artifacts) == ["a.txt", "deep/ä b.txt"]
    assert record.ended_at is not None
    assert record.ended_at.timestamp() * 1000 == NOW_MS
    assert tracker.artifact_uri(run_id) == record.artifact_uri


def test_metrics_come_back_to_the_last_bit(tracker, archive, start):
    run_id = start()
    values = {f"m{i}": random.Random(i).uniform(-1e9, 1e9) * 10.0 ** (i - 10) for i in range(20)} | {"tiny": 5e-324}
    tracker.log(run_id, batch(metrics=values))
    assert archive.get(run_id).metrics == values


def test_metric_that_is_not_a_number_is_kept_as_that(tracker, archive, start):
    run_id = start()
    tracker.log(run_id, batch(metrics={"loss": math.nan, "one": 1.0}))
    assert math.isnan(archive.get(run_id).metrics["loss"])


def test_the_history_of_a_metric_is_in_the_order_of_its_steps(tracker, archive, start):
    run_id = start()
    for step in (2, 0, 1):
        tracker.log(run_id, batch(metrics={"loss": 1.0 / (step + 1), "other": 7.0}, step=step))
    points = archive.history(run_id, "loss")
    assert [(point.step, point.value) for point in points] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert points[0].at.timestamp() * 1000 == NOW_MS
    with pytest.raises(MissingError, match="no metric 'los'"):
        archive.history(run_id, "los")


def test_a_history_is_read_no_further_than_was_said(tracker, archive, start, monkeypatch):
    monkeypatch.setattr("seedbed.tracking.adapters.mlflow_archive._VALUES_PAGE", 2)
    run_id = start()
    for step in range(5):
        tracker.log(run_id, batch(metrics={"loss": float(step)}, step=step))
    assert [point.step for point in archive.history(run_id, "loss", max_points=5)] == [0, 1, 2, 3, 4]
    with pytest.raises(UserError, match="'loss' of run .* has more than 4 values"):
        archive.history(run_id, "loss", max_points=4)


def test_a_run_is_read_without_its_artefacts_and_with_so_many_of_them(tracker, archive, start, tmp_path, monkeypatch):
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        for name in ("1", "2"):
            (tmp_path / folder / name).write_text("x")
    run_id = start()
    tracker.upload(run_id, tmp_path)
    assert archive.get(run_id, artifacts=False).artifacts == ()
    monkeypatch.setattr("seedbed.tracking.adapters.mlflow_archive._MAX_ARTIFACTS", 3)
    assert len(archive.get(run_id).artifacts) == 3
    assert archive.download(run_id, "c/2", tmp_path / "there").read_text() == "x"


def test_batch_larger_than_one_request_is_written_whole(tracker, archive, start):
    run_id = start()
    sent = batch(
        params={f"p{i}": str(i) for i in range(250)},
        metrics={f"m{i}": float(i) for i in range(2300)},
        tags={f"t{i}": str(i) for i in range(210)},
    )
    tracker.log(run_id, sent)
    record = archive.get(run_id)
    assert (record.params, record.metrics) == (sent.params, sent.metrics)
    assert {name: record.tags[name] for name in sent.tags} == sent.tags


def test_sending_a_batch_again_changes_nothing(tracker, archive, start):
    run_id = start()
    sent = batch(params={"k": "1"}, metrics={"m": 0.5}, tags={"t": "x"})
    tracker.log(run_id, sent)
    before = archive.get(run_id)
    tracker.log(run_id, sent)
    assert archive.get(run_id) == before


def test_value_longer_than_the_store_takes_is_cut_and_marked(tracker, archive, start):
    run_id = start()
    tracker.log(run_id, batch(params={"p": "x" * (MAX_PARAM_CHARS + 1)}, tags={"t": "y" * (MAX_TAG_CHARS + 1)}))
    record = archive.get(run_id)
    assert (len(record.params["p"]), len(record.tags["t"])) == (MAX_PARAM_CHARS, MAX_TAG_CHARS)
    assert record.params["p"].endswith("[cut]")
    assert record.tags["t"].endswith("[cut]")


def test_value_as_long_as_the_store_takes_is_kept_whole(tracker, archive, start):
    run_id = start()
    tracker.log(run_id, batch(params={"p": "x" * MAX_PARAM_CHARS}, tags={"t": "y" * MAX_TAG_CHARS}))
    record = archive.get(run_id)
    assert (record.params["p"], record.tags["t"]) == ("x" * MAX_PARAM_CHARS, "y" * MAX_TAG_CHARS)


def test_changed_parameter_is_refused(tracker, start):
    run_id = start()
    tracker.log(run_id, batch(params={"k": "1"}))
    with pytest.raises(UserError, match="k"):
        tracker.log(run_id, batch(params={"k": "2"}))


def test_changed_file_replaces_the_one_sent_before(tracker, archive, start, tmp_path):
    run_id = start()
    for text in ("one", "two"):
        (tmp_path / "a.txt").write_text(text)
        tracker.upload(run_id, tmp_path)
    (tmp_path / "down").mkdir()
    assert archive.download(run_id, "a.txt", tmp_path / "down").read_text() == "two"


def test_empty_folder_uploads_nothing(tracker, archive, start, tmp_path):
    run_id = start()
    tracker.upload(run_id, tmp_path)
    assert archive.get(run_id).artifacts == ()


def test_run_ids_and_names_do_not_come_from_the_seeded_generator(archive, start):
    found = []
    for _ in range(2):
        random.seed(7)
        run_id = start()
        found.append((run_id, archive.get(run_id).name))
        assert random.random() == random.Random(7).random()
    assert len({run_id for run_id, _ in found}) == len({name for _, name in found}) == 2


def test_code_is_shown_under_the_names_that_mlflow_shows(archive, start):
    run_id = start(tags={"seedbed.git.commit": "c" * 40, "seedbed.git.branch": "main", "seedbed.command": "seedbed x"})
    tags = archive.get(run_id).tags
    assert (tags["mlflow.source.git.commit"], tags["mlflow.source.git.branch"]) == ("c" * 40, "main")
    assert tags["mlflow.source.name"] == "seedbed x"


def test_child_names_its_parent(archive, start):
    parent = start()
    assert archive.get(start(parent_run_id=parent)).tags["mlflow.parentRunId"] == parent


def test_failed_and_killed_runs_say_so(tracker, archive, start):
    for status in ("FAILED", "KILLED"):
        run_id = start()
        tracker.finish(run_id, status, NOW_MS)
        assert archive.get(run_id).status == status


def test_threads_may_write_to_their_own_runs_at_once(tracker, archive, start):
    runs = [start() for _ in range(4)]

    def work(run_id: str) -> None:
        for step in range(5):
            tracker.log(run_id, batch(metrics={"m": step + runs.index(run_id) / 10}, step=step))

    threads = [threading.Thread(target=work, args=(run_id,)) for run_id in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [archive.get(run_id).metrics["m"] for run_id in runs] == [4.0, 4.1, 4.2, 4.3]


def test_first_run_of_an_experiment_may_come_from_several_threads(tracker, archive):
    experiment = f"shared-{uuid4().hex[:8]}"
    threads = [threading.Thread(target=lambda: tracker.start(RunStart(experiment=experiment))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(archive.find(experiment)) == 4


def test_listing_is_newest_first_bounded_and_of_one_experiment(archive, start):
    runs = [start() for _ in range(3)]
    experiment = archive.get(runs[0]).experiment
    found = archive.find(experiment, limit=2)
    assert len(found) == 2
    assert {record.experiment for record in archive.find(experiment)} == {experiment}
    assert {record.run_id for record in archive.find(experiment)} == set(runs)
    started = [record.started_at for record in archive.find(limit=50)]
    assert started == sorted(started, reverse=True)


def test_unknown_experiment_is_refused_with_the_nearest_name(archive, start):
    experiment = archive.get(start()).experiment
    with pytest.raises(UserError, match=rf"no experiment '{experiment[:-1]}' \(did you mean 'e-"):
        archive.find(experiment[:-1])


def test_beginning_of_an_id_names_the_run(archive, start):
    run_id = start()
    assert archive.get(run_id[:16]).run_id == run_id


@pytest.mark.parametrize("run_id", ["", "abc", "xyz1", "0" * 33, "%%%%", "' OR 1=1", "ABCDEF"])
def test_what_is_no_run_id_is_refused_with_what_one_looks_like(archive, run_id):
    with pytest.raises(UserError, match="is no run id; give at least 4 of its 32 digits"):
        archive.get(run_id)


@pytest.mark.parametrize("run_id", ["0" * 32, "0" * 20])
def test_unknown_run_is_refused_with_the_next_command(archive, run_id):
    with pytest.raises(UserError, match=rf"no run '{run_id}' .* Next: seedbed runs"):
        archive.get(run_id)


def test_unknown_artefact_is_refused_with_those_there_are(tracker, archive, start, tmp_path):
    run_id = start()
    (tmp_path / "a.txt").write_text("a")
    tracker.upload(run_id, tmp_path)
    for name in ("b.txt", "../a.txt", "/etc/passwd", "a.tx"):
        with pytest.raises(UserError, match=r"has no artefact .*; it has \['a.txt'\]"):
            archive.download(run_id, name, tmp_path / "down")


def test_folder_of_artefacts_is_downloaded_whole(tracker, archive, start, tmp_path):
    run_id = start()
    (tmp_path / "up" / "deep").mkdir(parents=True)
    (tmp_path / "up" / "deep" / "a.txt").write_text("a")
    tracker.upload(run_id, tmp_path / "up")
    assert (archive.download(run_id, "deep", tmp_path / "down") / "a.txt").read_text() == "a"


def test_run_that_is_gone_is_the_callers_mistake_and_not_the_worlds(tracker):
    with pytest.raises(UserError, match=r"0{32}"):
        tracker.log("0" * 32, batch(metrics={"m": 1.0}))


def test_pages_hold_every_run_once_in_the_order_that_was_asked_for(tracker, archive):
    experiment = f"e-{uuid4().hex[:8]}"
    ids = []
    for number in range(5):
        ids.append(tracker.start(RunStart(experiment=experiment)))
        tracker.finish(ids[-1], "FAILED" if number == 2 else "FINISHED", NOW_MS + number)
    for order in ("newest", "oldest"):
        query, sizes, seen = RunQuery(experiment=experiment, order=order, size=2), [], []
        while True:
            page = archive.page(query)
            sizes.append(len(page.runs))
            seen += [run.run_id for run in page.runs]
            if page.next_token is None:
                break
            query = query.model_copy(update={"token": page.next_token})
        assert sizes == [2, 2, 1]
        assert seen == (ids if order == "oldest" else ids[::-1])
    failed = archive.page(RunQuery(experiment=experiment, status="FAILED"))
    assert [run.run_id for run in failed.runs] == [ids[2]]


def test_a_page_of_an_experiment_that_is_not_there_is_refused(archive):
    with pytest.raises(MissingError, match="there is no experiment 'nowhere'"):
        archive.page(RunQuery(experiment="nowhere"))
