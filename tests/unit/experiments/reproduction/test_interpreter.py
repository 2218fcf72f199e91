"""Check that an environment is taken only when it has what a run had, and built from the run's lock otherwise.

tests/unit/experiments/reproduction/test_interpreter.py - v0.1.0
"""

import base64
import hashlib
import platform
import sys
import zipfile
from pathlib import Path

import pytest

from seedbed.digests import digest_file
from seedbed.experiments.reproduction.difference import NotReproducedError
from seedbed.experiments.reproduction.differences import differences
from seedbed.experiments.reproduction.interpreter import find_interpreter, own_packages
from seedbed.tracking.provenance import installed_packages
from tests.unit.experiments.reproduction.test_verdict import evidence


def ask(tmp_path, packages, lock_digest="", python=""):
    told = []
    python = python or platform.python_version()
    asked = evidence({}, {"python": python, "lock_digest": lock_digest}, packages=packages)
    return find_interpreter(asked, tmp_path / "tree", tmp_path / "here", tmp_path / "home", told.append), told


@pytest.fixture(autouse=True)
def trees(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "tree" / "pyproject.toml").write_text('[project]\nname = "My_Project"\n')


def wheel(folder: Path, version: str) -> str:
    """Make a wheel and return the line of a lock that installs it."""
    file, info = folder / f"planted-{version}-py3-none-any.whl", f"planted-{version}.dist-info"
    parts = {
        "planted.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: planted\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for name, text in parts.items()}
    rows = [f"{name},sha256={sums[name].decode().rstrip('=')},{len(parts[name])}" for name in parts]
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (parts | {f"{info}/RECORD": "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"}).items():
            archive.writestr(name, text)
    return f"planted @ {file.as_uri()} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def test_this_environment_serves_when_it_has_every_package_of_the_run(tmp_path):
    packages = dict(installed_packages()) | {"my-project": "0.1"}
    packages.pop("zipp", None)
    assert ask(tmp_path, packages)[0] == (Path(sys.executable), "this one")


def test_other_seedbed_is_another_package_where_the_code_does_not_bring_it(tmp_path):
    packages = dict(installed_packages()) | {"my-project": "0.1", "seedbed": "0.0"}
    with pytest.raises(NotReproducedError, match=r"environment: package seedbed was 0\.0, is .*no uv\.lock to build"):
        ask(tmp_path, packages)
    then, now = evidence({}, packages={"seedbed": "0.0"}), evidence({}, packages={"seedbed": "0.1"})
    assert [each.what for each in differences(then, now, own_packages(tmp_path / "tree"))] == ["package seedbed"]
    (tmp_path / "tree" / "src" / "seedbed").mkdir(parents=True)
    assert ask(tmp_path, packages)[0] == (Path(sys.executable), "this one")
    (tmp_path / "tree" / "pyproject.toml").unlink()
    assert own_packages(tmp_path / "tree") == {"seedbed"}


def test_other_version_under_the_same_lock_is_named_and_nothing_is_built(tmp_path):
    for tree in ("tree", "here"):
        (tmp_path / tree / "uv.lock").write_text("planted==1.0\n")
    with pytest.raises(NotReproducedError, match=r"environment: package numpy was 0\.1, is .*make setup FORCE=1"):
        ask(tmp_path, {"numpy": "0.1"}, digest_file(tmp_path / "tree" / "uv.lock"))
    assert not (tmp_path / "home" / "environments").exists()


def test_environment_is_built_from_the_lock_of_the_run_and_kept(tmp_path):
    (tmp_path / "tree" / "uv.lock").write_text(wheel(tmp_path, "1.0"))
    digest = digest_file(tmp_path / "tree" / "uv.lock")
    (python, which), told = ask(tmp_path, {"planted": "1.0"}, digest)
    assert python.is_file()
    assert which == str(tmp_path / "home" / "environments" / f"{digest[:16]}-{platform.python_version()}")
    assert "building an environment" in told[0]
    assert ask(tmp_path, {"planted": "1.0"}, digest) == ((python, which), [])
    with pytest.raises(NotReproducedError, match=r"package planted was 2\.0, is 1\.0; its uv\.lock says so"):
        ask(tmp_path, {"planted": "2.0"}, digest)


def test_lock_that_is_not_the_recorded_one_is_named(tmp_path):
    (tmp_path / "tree" / "uv.lock").write_text("planted==1.0\n")
    with pytest.raises(NotReproducedError, match=r"environment: uv\.lock was abc, is "):
        ask(tmp_path, {"planted": "1.0"}, "abc")


def test_python_that_nobody_has_is_named(tmp_path):
    (tmp_path / "tree" / "uv.lock").write_text(wheel(tmp_path, "1.0"))
    digest = digest_file(tmp_path / "tree" / "uv.lock")
    with pytest.raises(NotReproducedError, match=r"environment: Python was 3\.99\.0, is not there; uv has none"):
        ask(tmp_path, {"planted": "1.0"}, digest, python="3.99.0")
