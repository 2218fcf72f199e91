"""Test where the seedbed of a project comes from.

tests/unit/template/test_library.py - v0.1.0
"""

import functools
import json
import threading
import zipfile
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.template.library import find_library
from seedbed.template.lock import with_library
from tests.declared import declare
from tests.unit.template.conftest import a_library

NAME = "seedbed-0.3.0-py3-none-any.whl"


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "vendor" / NAME
    path.parent.mkdir()
    path.write_bytes(b"content")
    return path


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install an empty seedbed from somewhere, as an installer writes it down."""

    def install(url=None, version="0.3.0"):
        monkeypatch.syspath_prepend(declare(tmp_path / "site", {}, package="seedbed", version=version))
        if url:
            origin = json.dumps({"url": url, "archive_info": {}})
            (tmp_path / "site" / f"seedbed-{version}.dist-info" / "direct_url.json").write_text(origin)

    return install


def test_wheel_that_is_named_is_taken_with_its_hash(wheel):
    found = find_library(str(wheel))
    assert (found.version, found.files) == ("0.3.0", {f"vendor/{NAME}": b"content"})
    assert found.sha256 == (sha256(b"content").hexdigest(),)


@pytest.mark.parametrize(
    "given", ["nowhere/seedbed-0.3.0-py3-none-any.whl", "numpy-2.0-py3-none-any.whl", "not a version", "--x"]
)
def test_what_is_no_seedbed_is_refused_with_an_example(given):
    with pytest.raises(UserError, match="Example: --seedbed"):
        find_library(given)


def test_folder_that_is_no_checkout_of_seedbed_is_refused(tmp_path):
    with pytest.raises(UserError, match="is no checkout of seedbed"):
        find_library(str(tmp_path))


def test_installed_wheel_file_is_found_where_it_came_from(wheel, installed):
    installed(wheel.as_uri())
    assert find_library().file_name == NAME


def test_wheel_file_that_is_gone_is_asked_for(wheel, installed):
    installed(wheel.as_uri())
    wheel.unlink()
    with pytest.raises(UserError, match="cannot be read now; pass a wheel"):
        find_library()


def test_archive_on_a_server_is_asked_for(installed):
    installed("https://example.org/" + NAME)
    with pytest.raises(UserError, match="pass a wheel"):
        find_library()


def test_project_with_a_wheel_of_the_installed_version_keeps_it(wheel, installed, tmp_path):
    installed()
    assert find_library(project=tmp_path).wheel == b"content"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index on loopback that has one wheel; the digest of that wheel."""
    folder = tmp_path / "index" / "seedbed"
    folder.mkdir(parents=True)
    info = "seedbed-0.3.0.dist-info"
    with zipfile.ZipFile(folder / NAME, "w") as packed:
        packed.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: seedbed\nVersion: 0.3.0\n")
        packed.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{info}/RECORD", "")
    digest = sha256((folder / NAME).read_bytes()).hexdigest()
    (folder / "index.html").write_text(f'<!DOCTYPE html><a href="{NAME}#sha256={digest}">{NAME}</a>')
    handler = functools.partial(Quiet, directory=tmp_path / "index")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        yield digest
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and prints nothing."""

    def log_message(self, format, *args):
        pass


def test_release_of_an_index_is_pinned_by_the_hashes_that_uv_finds(index, installed):
    installed()
    found = find_library()
    assert (found.version, found.sha256, found.files) == ("0.3.0", (index,), {})


def test_release_that_no_index_has_is_the_worlds_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(WorldError, match=r"no index that uv knows has seedbed 9\.9.*Example: --seedbed"):
        find_library("9.9")


def test_another_seedbed_goes_into_a_lock_that_people_have_changed():
    seedbed = "seedbed==0.1.0 \\\n    --hash=sha256:bb\n    # via x\n"
    lock = f"# head\na==1 \\\n    --hash=sha256:aa\n{seedbed}z==2 \\\n    --hash=sha256:cc\n"
    library = a_library(version="0.2.0")
    assert with_library(lock, library) == lock.replace("0.1.0", "0.2.0").replace(
        "sha256:bb", f"sha256:{library.sha256[0]}"
    )
    assert with_library("a==1\n", library) == "a==1\n"
