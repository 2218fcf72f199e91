"""Test what a backup holds, when it gets its name, and which old ones go.

tests/unit/backup/test_create.py - v0.1.0
"""

import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from seedbed.backup import create as module
from seedbed.backup.archive import origin_of, verify
from seedbed.errors import UserError, WorldError
from tests.unit.backup.conftest import FILES

ROOT = Path(__file__).parents[3]


def test_it_holds_everything_that_state_means_and_nothing_else(back_up):
    made = back_up()
    names = set(FILES) - {"models/hub/m/blobs/77"} | {"models/hub/m/snapshots/1/model.safetensors"}
    manifest = verify(made.archive)
    assert set(manifest.files) == names | {"ledger.db", "mlflow.db"}
    assert made.num_files == len(manifest.files)
    assert made.size_bytes == made.archive.stat().st_size
    assert manifest.counts == {"documents": 1, "runs": 2}
    assert manifest.running == ("ef",)
    with tarfile.open(made.archive) as tar:
        weights = tar.extractfile("models/hub/m/snapshots/1/model.safetensors")
        assert weights is not None
        assert weights.read() == b"weights"


def test_what_points_at_others_is_copied_so_that_they_are_there(back_up):
    with tarfile.open(back_up().archive) as tar:
        order = [name.partition("/")[0] for name in tar.getnames()]
    first = {name: order.index(name) for name in order}
    assert first["ledger.db"] < first["vectors"]  # a vector is on the disk before the ledger has it
    assert first["unsent"] < first["mlflow.db"] < first["artifacts"]  # a run is sent, then its spool removed


def test_a_database_in_use_is_copied_as_it_was_last_committed(back_up, state, tmp_path):
    with closing(sqlite3.connect(state / "mlflow.db")) as writer:
        writer.execute("INSERT INTO runs VALUES ('cd', 'FINISHED')")
        writer.commit()
        writer.execute("INSERT INTO runs VALUES ('not yet', 'FINISHED')")
        made = back_up()
        writer.commit()
    assert made.counts["runs"] == 3
    with tarfile.open(made.archive) as tar:
        tar.extract("mlflow.db", tmp_path, filter="data")
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as copy:
        assert [row[0] for row in copy.execute("SELECT id FROM runs ORDER BY id")] == ["ab", "cd", "ef"]


def test_home_without_an_index_is_backed_up_too(back_up, tmp_path):
    (tmp_path / "fresh").mkdir()
    assert back_up(tmp_path / "fresh").num_files == 0


def test_a_store_in_use_is_waited_for_and_then_its_owner_named(back_up, state, tmp_path):
    hold = (
        "import sys, pathlib; from seedbed.stores.folder_lock import own_folder;"
        "lock = own_folder(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", hold, str(state / "chroma")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}"},
    )
    try:
        assert owner.stdout is not None
        owner.stdout.readline()
        with pytest.raises(WorldError, match=f"in use by process {owner.pid}"):
            back_up()
    finally:
        owner.communicate()
    assert [
        path.name for path in (tmp_path / "backups").iterdir() if "lock" not in path.name and "owner" not in path.name
    ] == []
    back_up()


def test_only_the_newest_stay_and_only_backups_of_this_home_go(back_up, state, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(state, other, symlinks=True)
    theirs = back_up(other).archive
    ours = [back_up().archive for _ in range(3)]
    notes = tmp_path / "backups" / "seedbed-notes.tar"
    lookalike = tmp_path / "backups" / "seedbed-20200101T000000.000000Z.tar"
    notes.write_bytes(b"")
    lookalike.write_bytes(b"mine")
    last = back_up(keep=2)
    assert last.deleted == tuple(ours[:2])
    assert {path.name for path in (tmp_path / "backups").glob("*.tar")} == {
        path.name for path in (theirs, ours[2], last.archive, notes, lookalike)
    }


def test_oldest_go_where_the_machine_has_another_name_each_time_as_containers_have(back_up, monkeypatch):
    first = back_up().archive
    origin = origin_of(first)
    kept = []
    for name in ("c0ffee", "decade"):
        monkeypatch.setattr(platform, "node", lambda name=name: name)
        kept.append(back_up(keep=2))
    assert [each.deleted for each in kept] == [(), (first,)]
    assert {origin_of(each.archive) for each in kept} == {origin}


def test_nothing_is_deleted_before_the_new_one_is_checked(back_up, tmp_path, monkeypatch):
    first = back_up().archive

    def refuse(path):
        raise UserError("the disk gave other bytes back")

    monkeypatch.setattr(module, "verify", refuse)
    with pytest.raises(UserError):
        back_up(keep=1)
    assert list((tmp_path / "backups").glob("*.tar")) == [first]
    assert list((tmp_path / "backups").glob(".seedbed-partial-*")) == []


def test_what_a_killed_backup_left_is_removed_by_the_next(back_up, tmp_path):
    left = tmp_path / "backups" / ".seedbed-partial-x"
    left.mkdir(parents=True)
    (left / "archive").write_bytes(b"half")
    back_up()
    assert not left.exists()


def test_a_folder_inside_the_home_is_refused(state, back_up, tmp_path):
    (tmp_path / "backups").symlink_to(state / "artifacts")
    with pytest.raises(UserError, match="would be lost with it"):
        back_up()


def test_a_home_that_does_not_exist_is_said(back_up, tmp_path):
    with pytest.raises(UserError, match="nothing to back up"):
        back_up(tmp_path / "none")


def test_a_damaged_database_is_never_made_a_backup(back_up, state, tmp_path):
    with closing(sqlite3.connect(state / "ledger.db")) as ledger, ledger:
        ledger.executemany("INSERT INTO points VALUES (?)", [("x" * 500,)] * 500)
    content = bytearray((state / "ledger.db").read_bytes())
    content[8192:20000] = os.urandom(20000 - 8192)
    (state / "ledger.db").write_bytes(content)
    with pytest.raises(WorldError, match="ledger.db"):
        back_up()
    assert list((tmp_path / "backups").glob("*.tar")) == []


@pytest.mark.parametrize("big", ["artifacts/ab/big.bin", "mlflow.db"])
def test_a_full_disk_is_one_line_and_leaves_no_half_file(tmp_path, big):
    state = tmp_path / "state"
    (state / big).parent.mkdir(parents=True)
    if big == "mlflow.db":
        with closing(sqlite3.connect(state / big)) as runs, runs:
            runs.execute("CREATE TABLE runs (run_uuid, status)")
            runs.execute("INSERT INTO runs VALUES (zeroblob(1000000), '')")
    else:
        (state / big).write_bytes(b"0" * 1_000_000)
    done = subprocess.run(
        [sys.executable, "-c", "from seedbed.cli.app import main; main()", "backup", "--to", str(tmp_path / "backups")],
        env=os.environ | {"SEEDBED_HOME": str(state), "PYTHONPATH": f"{ROOT / 'src'}"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "disk" in done.stderr
    assert sorted(path.suffix for path in (tmp_path / "backups").iterdir()) == [".lock", ".owner"]
