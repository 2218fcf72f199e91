"""Check that a digest is remembered only while nothing can have changed.

tests/unit/tracking/test_digest_cache.py - v0.1.0
"""

import os
import time
from pathlib import Path

import pytest

from seedbed.digests import digest_file
from seedbed.errors import UserError
from seedbed.tracking import digest_cache
from seedbed.tracking.digest_cache import DigestCache
from seedbed.tracking.dvc import md5_of, md5_of_file


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that were read, in order; files count as settled at once."""
    names = []

    def counted(path: Path) -> str:
        names.append(path.name)
        return digest_file(path)

    monkeypatch.setattr(digest_cache, "digest_file", counted)
    monkeypatch.setattr(digest_cache, "_SETTLED_NS", -1)
    return names


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("one")
    (tmp_path / "data" / "deep" / "b.txt").write_text("two")
    return tmp_path / "data"


@pytest.fixture
def cache(tmp_path):
    return DigestCache(tmp_path / "home" / "digests.db")


def test_file_and_folder_are_read_once_by_all_processes_that_share_the_home(cache, folder, reads, tmp_path):
    first = cache.digest(folder)
    assert DigestCache(tmp_path / "home" / "digests.db").digest(folder) == first
    assert cache.digest(folder / "a.txt") == digest_file(folder / "a.txt")
    assert reads == ["a.txt", "b.txt"]


def test_one_byte_another_name_and_another_file_change_the_digest_of_a_folder(cache, folder, reads):
    digests = [cache.digest(folder)]
    (folder / "a.txt").write_text("onf")
    digests.append(cache.digest(folder))
    (folder / "a.txt").rename(folder / "c.txt")
    digests.append(cache.digest(folder))
    (folder / "d.txt").touch()
    digests.append(cache.digest(folder))
    assert len(set(digests)) == 4


def test_byte_changed_behind_a_time_that_was_set_back_is_noticed(cache, folder, reads):
    file = folder / "a.txt"
    before, stat = cache.digest(file), file.stat()
    file.write_text("onf")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file.stat().st_mtime_ns == stat.st_mtime_ns
    assert cache.digest(file) != before


def test_file_that_has_just_changed_is_not_remembered(cache, folder, reads, monkeypatch):
    monkeypatch.setattr(digest_cache, "_SETTLED_NS", 3_600_000_000_000)
    cache.digest(folder)
    cache.digest(folder)
    assert len(reads) == 4


def test_everything_is_read_again_on_demand(cache, folder, reads):
    assert cache.digest(folder) == cache.digest(folder, verify=True)
    assert len(reads) == 4


def test_file_whose_name_is_no_text_is_read_once_too(cache, folder, reads):
    Path(os.fsdecode(bytes(folder / "deep") + b"/caf\xe9.txt")).write_text("three")
    first = cache.digest(folder)
    assert cache.digest(folder) == first
    assert len(reads) == 3


def test_damaged_memory_costs_time_and_nothing_else(cache, folder, reads, tmp_path, caplog):
    first = cache.digest(folder)
    (tmp_path / "home" / "digests.db").write_text("no database, but a text of some length" * 100)
    assert cache.digest(folder) == first
    assert "digest_cache_unusable" in caplog.text


def test_what_is_not_there_is_said(cache, tmp_path):
    with pytest.raises(UserError, match="there is no file or folder '.*nowhere'"):
        cache.digest(tmp_path / "nowhere")


def test_thousands_of_files_seen_before_take_a_fraction_of_a_second(cache, tmp_path, reads):
    (tmp_path / "many").mkdir()
    for number in range(2000):
        (tmp_path / "many" / f"{number}").write_text("x")
    cache.digest(tmp_path / "many")
    started = time.process_time()
    cache.digest(tmp_path / "many")
    assert time.process_time() - started < 0.5


def test_md5_of_dvc_is_remembered_beside_ours_and_by_itself(cache, folder, reads, tmp_path):
    read = []

    def md5(path):
        read.append(path.name)
        return md5_of_file(path)

    other = DigestCache(tmp_path / "home" / "digests.db", md5, kind="md5 ")
    cache.digest(folder)
    assert md5_of(folder, other.listing) == md5_of(folder, other.listing) == md5_of(folder)
    assert md5_of(folder / "a.txt", other.listing) == md5_of(folder / "a.txt")
    assert (read, reads) == (["a.txt", "b.txt"], ["a.txt", "b.txt"])
    (folder / "deep" / "b.txt").write_text("tvo")
    assert md5_of(folder, other.listing) == md5_of(folder)
    assert read == ["a.txt", "b.txt", "b.txt"]
