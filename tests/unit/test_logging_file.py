"""Test the rotating file.

tests/unit/test_logging_file.py - v0.1.0
"""

import json
import logging
import logging.config
import stat

import pytest

from seedbed.logging_file import SharedFile
from seedbed.logging_format import JsonLine


@pytest.fixture
def open_file(tmp_path):
    opened = []

    def opener(max_bytes=1_000, num_files=3):
        handler = SharedFile(tmp_path / "logs" / "seedbed.jsonl", max_bytes, num_files)
        handler.setFormatter(logging.Formatter("%(message)s"))
        opened.append(handler)
        return handler

    yield opener
    for handler in opened:
        handler.close()


def write(handler, *messages):
    for message in messages:
        handler.handle(logging.makeLogRecord({"msg": message}))


def lines(folder, name="seedbed.jsonl"):
    return (folder / "logs" / name).read_text().splitlines()


def test_lines_are_appended_and_only_the_owner_may_read_them(open_file, tmp_path):
    write(open_file(), "one")
    write(open_file(), "two")
    assert lines(tmp_path) == ["one", "two"]
    assert stat.S_IMODE((tmp_path / "logs" / "seedbed.jsonl").stat().st_mode) == 0o600


def test_a_full_file_is_rotated_and_the_oldest_dropped(open_file, tmp_path):
    write(open_file(max_bytes=10, num_files=3), "first--", "second-", "third--", "fourth-")
    assert lines(tmp_path) == ["fourth-"]
    assert lines(tmp_path, "seedbed.jsonl.1") == ["third--"]
    assert lines(tmp_path, "seedbed.jsonl.2") == ["second-"]
    assert not (tmp_path / "logs" / "seedbed.jsonl.3").exists()


def test_a_line_longer_than_a_file_is_written_whole(open_file, tmp_path):
    write(open_file(max_bytes=10), "x" * 100, "y" * 100)
    assert lines(tmp_path) == ["y" * 100]
    assert lines(tmp_path, "seedbed.jsonl.1") == ["x" * 100]


def test_who_still_holds_a_rotated_file_moves_on(open_file, tmp_path):
    one, other = open_file(max_bytes=10), open_file(max_bytes=10)
    write(one, "one-1--")
    write(other, "other-1")
    write(one, "one-2--")
    assert lines(tmp_path) == ["one-2--"]
    assert lines(tmp_path, "seedbed.jsonl.1") == ["other-1"]
    assert lines(tmp_path, "seedbed.jsonl.2") == ["one-1--"]


def test_a_file_that_was_removed_is_made_again(open_file, tmp_path):
    handler = open_file()
    write(handler, "one")
    (tmp_path / "logs" / "seedbed.jsonl").unlink()
    write(handler, "two")
    assert lines(tmp_path) == ["two"]


def test_a_handler_that_logging_config_closed_goes_on(open_file, tmp_path):
    handler = open_file()
    handler.close()
    write(handler, "one")
    assert lines(tmp_path) == ["one"]


def test_a_file_that_cannot_be_written_is_reported_once(open_file, tmp_path, caplog):
    handler = open_file()
    (tmp_path / "logs" / "seedbed.jsonl").unlink()
    (tmp_path / "logs" / "seedbed.jsonl").mkdir()
    write(handler, "one", "two")
    assert [each.message for each in caplog.records] == ["log_file_unwritable"]
    assert json.loads(JsonLine().format(caplog.records[0]))["extra"]["reason"]
