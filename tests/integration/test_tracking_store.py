"""Check the MLflow store as processes meet it: fresh, crowded, old, away.

tests/integration/test_tracking_store.py - v0.1.0
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from seedbed.errors import UserError, WorldError
from seedbed.locks import owned_lock
from seedbed.tracking.adapters import mlflow_client
from seedbed.tracking.adapters.mlflow import MlflowTracker
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.push import push, unsent_runs
from seedbed.tracking.record import RunStart
from seedbed.tracking.run import tracked_run
from seedbed.tracking.spool import SpoolingTracker
from tests.mlflow_server import MlflowServer
from tests.store_servers import free_port

SOURCE = Path(__file__).parents[2] / "src"
NUM_PROCESSES = 8

RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {source!r})
from seedbed.tracking.adapters.mlflow import MlflowTracker
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.run import tracked_run
home = Path(sys.argv[1])
tracker = MlflowTracker(TrackingConfig(), home)
with tracked_run("crowd", {{"number": int(sys.argv[2])}}, tracker=tracker, home=home) as run:
    for step in range(5):
        run.log_metrics({{"m": step}}, step=step)
    (run.artifacts / "a.txt").write_text(sys.argv[2])
print(run.run_id)
"""


def start_process(home: Path, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN.format(source=str(SOURCE)), str(home), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home)


@pytest.mark.slow
def test_eight_processes_that_open_a_fresh_store_at_once_all_succeed(tmp_path):
    processes = [start_process(tmp_path, number) for number in range(NUM_PROCESSES)]
    outputs = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0] * NUM_PROCESSES, outputs
    assert [stderr for _, stderr in outputs] == [""] * NUM_PROCESSES
    assert all(re.fullmatch(r"[0-9a-f]{32}\n", stdout) for stdout, _ in outputs)
    archive = MlflowArchive(TrackingConfig(), tmp_path)
    records = [archive.get(stdout.strip()) for stdout, _ in outputs]
    assert [record.params["number"] for record in records] == [str(number) for number in range(NUM_PROCESSES)]
    assert {(record.status, record.metrics["m"], len(record.artifacts)) for record in records} == {("FINISHED", 4.0, 3)}
    assert len({record.experiment for record in records}) == 1


def old_store(home: Path) -> str:
    """Make a store as the MLflow before the last migration left it, with one experiment; return its revision."""
    import sqlalchemy
    from alembic import command
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base

    uri = f"sqlite:///{home / 'mlflow.db'}"
    config = _get_alembic_config(uri)
    script = ScriptDirectory.from_config(config)
    head = script.get_revision(script.get_heads()[0])
    assert isinstance(head.down_revision, str)
    engine = sqlalchemy.create_engine(uri)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, head.down_revision)
        connection.execute(
            sqlalchemy.text(
                "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) "
                "VALUES (5, 'from-before', 'file:///x', 'active')"
            )
        )
    engine.dispose()
    return head.down_revision


@pytest.mark.slow
def test_store_whose_making_or_upgrade_was_killed_anywhere_is_whole_after_the_next_command(tmp_path):
    (tmp_path / "old").mkdir()
    revision = old_store(tmp_path / "old")
    new, old = tmp_path / "mlflow.db", tmp_path / "old" / "mlflow.db"
    command = [sys.executable, "-m", "tests.killed_stores", f"sqlite:///{new} 3 200 700", f"sqlite:///{old} 5 8 12"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == 0, done.stderr
    for file in (new, old):
        with sqlite3.connect(file) as database:
            assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (done.stdout.strip(),)
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        database.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlflow.db", "old"]
    assert sorted(path.name for path in old.parent.iterdir()) == ["mlflow.db", f"mlflow.db.{revision}.bak"]


def test_store_of_an_older_mlflow_is_brought_up_to_date_and_copied_aside_first(tmp_path):
    revision = old_store(tmp_path)
    assert len(MlflowArchive(TrackingConfig(), tmp_path).find("from-before")) == 0
    MlflowTracker(TrackingConfig(), tmp_path).start(RunStart(experiment="from-before"))
    copy = tmp_path / f"mlflow.db.{revision}.bak"
    with sqlite3.connect(copy) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
    database.close()


def test_store_whose_upgrade_fails_is_named_and_left_as_it_was(tmp_path):
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("CREATE TABLE experiments (half INTEGER)")
    database.close()
    before = (tmp_path / "mlflow.db").read_bytes()
    with pytest.raises(WorldError, match=r"the tables of .*mlflow.db cannot be made: .* it is as it was\. Next: "):
        MlflowTracker(TrackingConfig(), tmp_path)
    assert (tmp_path / "mlflow.db").read_bytes() == before


def test_tables_of_a_store_that_homes_share_are_made_by_one_of_them_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("seedbed.tracking.adapters.mlflow_client._LOCK_TIMEOUT_S", 0)
    shared = TrackingConfig(uri=f"sqlite:///{tmp_path / 'shared.db'}")
    with (
        owned_lock(tmp_path / "shared.lock", "it"),
        pytest.raises(WorldError, match=r"the schema of .*shared\.db is in use by process"),
    ):
        MlflowTracker(shared, tmp_path / "one-home")
    MlflowTracker(shared, tmp_path / "one-home")


def test_store_that_somebody_writes_to_meanwhile_is_left_as_they_left_it(tmp_path, monkeypatch):
    old_store(tmp_path)
    upgrade = mlflow_client._bring_up_to_date

    def beside_another(*given):
        upgrade(*given)
        with sqlite3.connect(tmp_path / "mlflow.db") as other:
            other.execute("CREATE TABLE somebodys (x)")
        other.close()

    monkeypatch.setattr(mlflow_client, "_bring_up_to_date", beside_another)
    with pytest.raises(WorldError, match=r"another process wrote to .*mlflow\.db"):
        MlflowTracker(TrackingConfig(), tmp_path)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        assert database.execute("SELECT count(*) FROM somebodys").fetchone() == (0,)
    database.close()


def test_store_of_a_newer_mlflow_is_refused_and_left_alone(tmp_path):
    MlflowTracker(TrackingConfig(), tmp_path)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    database.close()
    before = (tmp_path / "mlflow.db").read_bytes()
    with pytest.raises(UserError, match="was written by a newer MLflow"):
        MlflowTracker(TrackingConfig(), tmp_path)
    assert (tmp_path / "mlflow.db").read_bytes() == before
    assert list(tmp_path.glob("*.bak")) == []


def test_beginning_that_fits_several_runs_is_refused_with_all_of_them(tmp_path):
    tracker = MlflowTracker(TrackingConfig(), tmp_path)
    ids = [tracker.start(RunStart(experiment="e")) for _ in range(2)]
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        for number, run_id in enumerate(ids):
            for table in ("runs", "tags"):
                database.execute(f"UPDATE {table} SET run_uuid = ? WHERE run_uuid = ?", (f"abcd{number:028}", run_id))
    database.close()
    archive = MlflowArchive(TrackingConfig(), tmp_path)
    with pytest.raises(UserError, match=r"'abcd' is the beginning of several runs: \['abcd0{28}"):
        archive.get("abcd")
    assert archive.get(f"abcd{1:028}").run_id == f"abcd{1:028}"


def test_deleted_experiment_is_refused_with_the_command_that_restores_it(tmp_path):
    tracker = MlflowTracker(TrackingConfig(), tmp_path)
    tracker.start(RunStart(experiment="e"))
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    client.delete_experiment(client.get_experiment_by_name("e").experiment_id)
    with pytest.raises(UserError, match=r"'e' was deleted; .* mlflow experiments restore --experiment-id 1"):
        MlflowTracker(TrackingConfig(), tmp_path).start(RunStart(experiment="e"))


def test_file_that_is_no_database_is_the_worlds_fault(tmp_path):
    (tmp_path / "mlflow.db").write_text("not a database, and longer than a header" * 10)
    with pytest.raises(WorldError, match="file is not a database"):
        MlflowTracker(TrackingConfig(), tmp_path)


@pytest.mark.parametrize("uri", ["ftp://host/x", "no-such-scheme://x", "./mlruns"])
def test_address_of_an_unknown_kind_is_refused(tmp_path, uri, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UserError, match=r"is of no known kind; it starts with one of .* Example: SEEDBED_TRACKING__URI="
    ):
        MlflowTracker(TrackingConfig(uri=uri), tmp_path)
    assert not (tmp_path / "mlruns").exists()


def test_server_that_is_not_there_is_said_within_the_timeout(tmp_path):
    config = TrackingConfig(uri=f"http://127.0.0.1:{free_port()}", timeout_s=2)
    started = time.monotonic()
    with (
        pytest.raises(WorldError, match="see whether it runs"),
        tracked_run("e", {}, tracker=SpoolingTracker(MlflowTracker(config, tmp_path), tmp_path), home=tmp_path),
    ):
        pytest.fail("hours of work")
    assert time.monotonic() - started < 15
    assert unsent_runs(tmp_path) == []


@pytest.fixture
def server(tmp_path) -> Iterator[MlflowServer]:
    server = MlflowServer(tmp_path / "server", free_port())
    server.start()
    yield server
    server.kill()


@pytest.mark.slow
def test_run_whose_server_dies_is_kept_and_pushed_whole(server, tmp_path):
    home = tmp_path / "home"
    config = TrackingConfig(uri=server.url, timeout_s=5, username="ada", password=SecretStr("hunter22222"))
    tracker = MlflowTracker(config, home)
    with tracked_run("long", {"top_k": 10}, tracker=SpoolingTracker(tracker, home), home=home, seed=7) as run:
        run.log_metrics({"loss": 0.5}, step=1)
        server.kill()
        run.log_metrics({"loss": 1 / 3}, step=2)
        run.use_data("corpus", "abc")
        (run.artifacts / "rows.bin").write_bytes(bytes(range(256)) * 1000)
        ended_after_ms = time.time_ns() // 1_000_000
    ended_before_ms = time.time_ns() // 1_000_000
    assert unsent_runs(home) == [run.run_id]
    report = push(home, tracker)
    assert report.sent == ()
    assert "does not do its work" in report.kept[run.run_id]

    server.start()
    archive = MlflowArchive(config, home)
    assert (archive.get(run.run_id).status, archive.get(run.run_id).metrics) == ("RUNNING", {"loss": 0.5})
    environ = {"SEEDBED_HOME": str(home), "SEEDBED_TRACKING__URI": server.url, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", "from seedbed.cli.app import main; main()", "runs", "push", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=os.environ | environ, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"sent": [run.run_id], "kept": {}}
    record = archive.get(run.run_id)
    assert (record.status, record.metrics, record.tags["seedbed.data.corpus"]) == ("FINISHED", {"loss": 1 / 3}, "abc")
    assert record.tags["seedbed.results_digest"] == run.results_digest()
    assert archive.download(run.run_id, "rows.bin", tmp_path / "down").read_bytes() == bytes(range(256)) * 1000
    assert record.ended_at is not None
    assert ended_after_ms <= record.ended_at.timestamp() * 1000 <= ended_before_ms
    assert unsent_runs(home) == []
    assert push(home, tracker).sent == ()
