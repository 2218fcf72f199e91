"""Test the flow that makes a backup every night.

pipelines/tests/test_back_up.py - v0.1.0
"""

from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness

from pipelines.back_up import as_markdown, back_up, main
from seedbed.backup.archive import verify
from seedbed.backup.create import Backup

MADE = Backup(
    archive=Path("/backups/seedbed-1.tar"),
    size_bytes=10,
    num_files=1,
    counts={"runs": 2},
    running=(),
    left_out=("qdrant at http://127.0.0.1:6333: a snapshot of every collection",),
    deleted=(),
)


def test_report_is_led_by_what_the_backup_does_not_hold():
    assert as_markdown(MADE).startswith("**Not in it**: qdrant")
    assert "| size_bytes | 10 |" in as_markdown(MADE)


@pytest.mark.slow
def test_flow_backs_up_where_the_settings_say(home, tmp_path, monkeypatch, capsys):
    with prefect_test_harness(server_startup_timeout=120):
        assert main() == 2  # no folder is named
        assert "SEEDBED_BACKUP__FOLDER" in capsys.readouterr().err
        monkeypatch.setenv("SEEDBED_BACKUP__FOLDER", str(tmp_path / "backups"))
        monkeypatch.setenv("SEEDBED_BACKUP__KEEP", "1")
        (home / "artifacts").mkdir(parents=True)
        (home / "artifacts" / "a.txt").write_text("kept")
        back_up()
        made = back_up()
    assert len(made.deleted) == 1
    assert "artifacts/a.txt" in verify(made.archive).files
