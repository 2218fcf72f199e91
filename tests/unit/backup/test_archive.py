"""Test that an archive is believed only when every byte of it is what was written, and unpacks ordinary files alone.

tests/unit/backup/test_archive.py - v0.1.0
"""

import tarfile
import threading
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed.backup.archive import MANIFEST, ArchiveWriter, origin_of, unpack, verify
from seedbed.backup.manifest import Manifest
from seedbed.digests import digest_file
from seedbed.errors import UserError, WorldError


def manifest_of(files):
    return Manifest(
        seedbed="0.1.0",
        created_at=datetime(2026, 1, 31, tzinfo=UTC),
        home="/old",
        places={},
        counts={"runs": 1},
        running=(),
        left_out=(),
        files=files,
    )


def write(path, folder, names):
    with ArchiveWriter(path, "host:/old") as writer:
        for name in names:
            writer.add(name, folder / name)
        writer.seal(manifest_of(writer.files))
    return path


def outcome(path):
    try:
        return verify(path)
    except UserError as error:
        return error


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    (folder / "artifacts").mkdir()
    (folder / "artifacts/größe 1.txt").write_bytes(b"x" * 700)
    (folder / "ledger.db").write_bytes(bytes(range(256)) * 3)
    return folder


NAMES = ("ledger.db", "artifacts/größe 1.txt")


@pytest.fixture(scope="module")
def archive(folder, tmp_path_factory):
    return write(tmp_path_factory.mktemp("archive") / "a.tar", folder, NAMES)


def test_what_goes_in_comes_out(archive, folder, tmp_path):
    manifest = verify(archive)
    unpack(archive, manifest, tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == set(NAMES)
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
        assert manifest.files[name].digest == digest_file(folder / name)
    assert manifest.size_bytes == 700 + 768


def test_any_name_that_is_text_is_kept(tmp_path):
    spaces = (
        "Screenshot at 3.04.05\u202fPM.png",
        "a\u00a0b.txt",
        "one\u3000two",
        "two\nlines",
        "a\ttab",
        "\u200b",
        "end ",
    )
    names = [f"artifacts/{name}" for name in spaces]
    (tmp_path / "files" / "artifacts").mkdir(parents=True)
    for name in names:
        (tmp_path / "files" / name).write_text(name)
    path = write(tmp_path / "a.tar", tmp_path / "files", names)
    unpack(path, verify(path), tmp_path / "back")
    assert {name: (tmp_path / "back" / name).read_text() for name in names} == {name: name for name in names}


def test_file_whose_name_is_no_text_is_named(tmp_path):
    with ArchiveWriter(tmp_path / "a.tar", "host:/old") as writer, pytest.raises(WorldError, match="cannot be kept"):
        writer.add("artifacts/caf\udce9", tmp_path / "caf\udce9")


def test_only_the_owner_can_read_it_and_any_tar_program_too(archive):
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        assert tar.getnames() == [*NAMES, MANIFEST]
    assert origin_of(archive) == "host:/old"


def test_it_is_the_same_file_for_the_same_state(archive, folder, tmp_path):
    assert write(tmp_path / "again.tar", folder, NAMES).read_bytes() == archive.read_bytes()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_altered_byte_is_refused_or_was_padding(archive, tmp_path, data):
    content = bytearray(archive.read_bytes())
    offset = data.draw(st.integers(0, len(content) - 1))
    content[offset] ^= data.draw(st.integers(1, 255))
    altered = tmp_path / "altered.tar"
    altered.write_bytes(content)
    found = outcome(altered)
    if isinstance(found, UserError):
        assert str(altered) in str(found)
        assert "\n" not in str(found)
    else:
        assert found == verify(archive)


def test_an_altered_file_is_named(archive, tmp_path):
    altered = tmp_path / "altered.tar"
    altered.write_bytes(archive.read_bytes().replace(b"x" * 700, b"x" * 699 + b"y"))
    with pytest.raises(UserError, match="'artifacts/größe 1.txt' is not what was written"):
        verify(altered)


def test_an_altered_count_is_noticed(archive, tmp_path):
    altered = tmp_path / "altered.tar"
    altered.write_bytes(archive.read_bytes().replace(b'"runs": 1', b'"runs": 9'))
    with pytest.raises(UserError, match="'manifest.json' is not what was written"):
        verify(altered)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5])
def test_half_an_archive_is_refused(archive, tmp_path, share):
    content = archive.read_bytes()
    cut = tmp_path / "cut.tar"
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match="no intact backup"):
        verify(cut)


def test_an_archive_that_changes_after_the_check_is_refused(archive, tmp_path):
    manifest = verify(archive)
    altered = tmp_path / "altered.tar"
    altered.write_bytes(archive.read_bytes().replace(b"x" * 700, b"x" * 699 + b"y"))
    with pytest.raises(UserError, match="was altered while it was unpacked"):
        unpack(altered, manifest, tmp_path / "new")


def member(name, kind=tarfile.REGTYPE, target=""):
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (member("../evil"), "no plain name"),
        (member("artifacts/../../evil"), "no plain name"),
        (member("/etc/evil"), "no plain name"),
        (member("./evil"), "no plain name"),
        (member("artifacts//evil"), "no plain name"),
        (member("x" * 5000), "no plain name"),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "no ordinary file"),
        (member("link", tarfile.LNKTYPE, "ledger.db"), "no ordinary file"),
        (member("device", tarfile.CHRTYPE), "no ordinary file"),
        (member("device", tarfile.BLKTYPE), "no ordinary file"),
        (member("pipe", tarfile.FIFOTYPE), "no ordinary file"),
        (member("folder", tarfile.DIRTYPE), "no ordinary file"),
        (member("extra"), "'extra' is not in its manifest"),
        (member("ledger.db"), "'ledger.db' stands there twice"),
    ],
)
def test_hostile_member_is_refused_and_nothing_is_written(folder, tmp_path, hostile, said):
    path = tmp_path / "hostile.tar"
    with ArchiveWriter(path, "") as writer:
        writer.add("ledger.db", folder / "ledger.db")
        writer._tar.addfile(hostile, BytesIO())
        writer.seal(manifest_of(writer.files))
    with pytest.raises(UserError, match=said):
        verify(path)
    with pytest.raises(UserError):
        unpack(path, manifest_of({}), tmp_path / "new")
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "new" / "ledger.db").is_symlink()


def test_a_member_behind_the_manifest_is_refused(folder, tmp_path):
    with ArchiveWriter(tmp_path / "a.tar", "") as writer:
        writer.seal(manifest_of({}))
        writer.add("ledger.db", folder / "ledger.db")
    with pytest.raises(UserError, match="stands behind the manifest"):
        verify(tmp_path / "a.tar")


def test_a_file_of_the_manifest_that_is_missing_is_named(folder, tmp_path):
    with ArchiveWriter(tmp_path / "a.tar", "") as writer:
        writer.add("ledger.db", folder / "ledger.db")
        files = dict(writer.files)
        writer.seal(manifest_of({**files, "mlflow.db": files["ledger.db"]}))
    with pytest.raises(UserError, match=r"'mlflow\.db' is missing"):
        verify(tmp_path / "a.tar")


@pytest.mark.parametrize("content", [b"", b"no tar", b"\x1f\x8b\x08" + b"0" * 2000, b"\0" * 20480])
def test_what_is_no_archive_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    with pytest.raises(UserError, match="no intact backup") as raised:
        verify(path)
    assert "\n" not in str(raised.value)
    assert origin_of(path) is None


def test_an_archive_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserError, match="there is no backup"):
        verify(tmp_path / "none.tar")


def test_a_file_that_grows_meanwhile_is_taken_as_long_as_it_was(tmp_path):
    source, stop = tmp_path / "log", threading.Event()
    source.write_bytes(b"0" * 5_000_000)

    def grow():
        with source.open("ab") as file:
            while not stop.is_set():
                file.write(b"1" * 100_000)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        archive = write(tmp_path / "a.tar", tmp_path, ["log"])
    finally:
        stop.set()
        thread.join()
    assert verify(archive).files["log"].size_bytes >= 5_000_000


def test_a_file_that_has_gone_meanwhile_is_left_out(tmp_path):
    assert verify(write(tmp_path / "a.tar", tmp_path, ["gone"])).files == {}


SHORT = Path("/sys/kernel/mm/transparent_hugepage/enabled")  # says it has 4096 bytes and gives fewer


@pytest.mark.skipif(not SHORT.exists(), reason="needs a file that is shorter than it says")
def test_a_file_that_becomes_shorter_meanwhile_is_an_error(tmp_path):
    with pytest.raises(WorldError, match="became shorter"):
        write(tmp_path / "a.tar", SHORT.parent, [SHORT.name])
