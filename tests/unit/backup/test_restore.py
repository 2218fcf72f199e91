"""Test that a restore gives everything back, touches nothing before it is sure, and deletes nothing.

tests/unit/backup/test_restore.py - v0.1.0
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seedbed.backup import restore as module
from seedbed.backup.restore import restore
from seedbed.errors import UserError, WorldError
from seedbed.tracking.adapters.mlflow_files import relocate


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_folder_gets_everything(back_up, state, tmp_path):
    made = back_up()
    restored = restore(made.archive, tmp_path / "deep" / "new", replace=False, relocate={})
    found, old = content(restored.home), content(state)
    assert len(found) == restored.num_files == made.num_files
    for name in found.keys() - {"mlflow.db", "ledger.db"}:
        assert found[name] == old[name]
    with closing(sqlite3.connect(restored.home / "mlflow.db")) as runs:
        assert runs.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    assert (restored.counts, restored.running, restored.moved_aside) == (made.counts, ("ef",), None)
    assert list((tmp_path / "deep").iterdir()) == [restored.home]


def test_a_full_folder_is_refused_and_stays(back_up, state):
    made, before = back_up(), content(state)
    with pytest.raises(UserError, match="--replace"):
        restore(made.archive, state, replace=False, relocate={})
    assert content(state) == before


def test_with_replace_the_old_folder_is_moved_aside_whole(back_up, state):
    made = back_up()
    (state / "artifacts/ab/artifacts/config.json").write_bytes(b"newer")
    before = content(state)
    restored = restore(made.archive, state, replace=True, relocate={})
    assert restored.moved_aside is not None
    assert restored.moved_aside.name.startswith("state.before-restore-")
    aside = content(restored.moved_aside)
    assert {name: aside[name] for name in before} == before
    assert (state / "artifacts/ab/artifacts/config.json").read_bytes() == b"{}"
    assert back_up(keep=1).deleted == (made.archive,)


def test_a_home_that_is_a_link_stays_one(back_up, tmp_path):
    made = back_up()
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    restored = restore(made.archive, tmp_path / "link", replace=False, relocate={})
    assert restored.home == tmp_path / "link"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "mlflow.db").is_file()


def test_a_damaged_archive_changes_nothing(back_up, state, tmp_path):
    made, before = back_up(), content(state)
    made.archive.write_bytes(made.archive.read_bytes().replace(b"PAR1", b"PAR2"))
    with pytest.raises(UserError, match=r"'vectors/e/1\.parquet'"):
        restore(made.archive, state, replace=True, relocate={})
    assert content(state) == before
    assert not list(tmp_path.glob("state.*"))


def test_a_failure_on_the_way_leaves_the_old_folder_and_no_new_one(back_up, state, tmp_path, monkeypatch):
    made, before = back_up(), content(state)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "unpack", fail)
    with pytest.raises(WorldError, match="No space left on device"):
        restore(made.archive, state, replace=True, relocate={})
    assert content(state) == before
    assert not list(tmp_path.glob("state.*"))


def test_too_small_a_disk_is_said_before_anything_is_written(back_up, tmp_path, monkeypatch):
    made = back_up()
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(WorldError, match="10 bytes free"):
        restore(made.archive, tmp_path / "new", replace=False, relocate={})
    assert not (tmp_path / "new").exists()


def test_databases_are_rewritten_for_the_new_folder(back_up, state, tmp_path):
    calls = []
    made = back_up()
    restore(made.archive, tmp_path / "new", replace=False, relocate={"mlflow.db": lambda *call: calls.append(call)})
    [(file, old, new)] = calls
    assert (file.name, old, new) == ("mlflow.db", state, tmp_path / "new")


def test_only_addresses_below_the_old_home_are_moved(tmp_path):
    database = tmp_path / "mlflow.db"
    old, new = tmp_path / "old home", tmp_path / "new_%home"
    kept = ["mlflow-artifacts:/1", f"{(old / 'artifacts').as_uri()}-2/1", "/elsewhere/mlruns/0", "s3://bucket/1", None]
    moved = [(old / "artifacts").as_uri(), (old / "artifacts").as_uri() + "/ab/artifacts"]
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, column in (
            ("experiments", "artifact_location"),
            ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"),
        ):
            connection.execute(f"CREATE TABLE {table} ({column})")
            connection.executemany(f"INSERT INTO {table} VALUES (?)", [(uri,) for uri in kept + moved])
    relocate(database, old, new)
    expected = [*kept, (new / "artifacts").as_uri(), (new / "artifacts").as_uri() + "/ab/artifacts"]
    with closing(sqlite3.connect(database)) as connection:
        for table in ("experiments", "runs", "logged_models"):
            assert [row[0] for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")] == expected
