"""Test that a release stamps what changed, refuses what is not ready, and leaves nothing behind when it fails.

tests/unit/tools/test_release.py - v0.1.0
"""

import json
import tarfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.repositories import git
from tools.built import faults_in_wheel
from tools.project_files import ROOT
from tools.release import changed_since_last_tag, faults_before, main, stamp
from tools.stamps import notes_of, released, stamped

CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## [0.1.0]\n\n- The beginning.\n"
FILES = {
    "pyproject.toml": '# Say it.\n#\n# pyproject.toml - v0.1.0\n\n[project]\nname = "x"\nversion = "0.1.0"\n',
    "CHANGELOG.md": CHANGELOG,
    "src/old.py": '"""Stay.\n\nsrc/old.py - v0.1.0\n"""\n',
    "src/new.py": '"""Change.\n\nsrc/new.py - v0.1.0\n"""\n',
    "picture.png": "\x00",
    "tools/schemas.py": "raise SystemExit('no schemas')\n",
}


@pytest.fixture
def project(tmp_path):
    """A repository on main with a release, and one file that changed since."""
    folder = tmp_path / "project"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@example.org")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "tag", "-a", "v0.1.0", "-m", "0.1.0")
    (folder / "src/new.py").write_text(FILES["src/new.py"] + "x = 1\n")
    git(folder, "commit", "-q", "-a", "-m", "two")
    return folder


def test_a_header_gets_the_version_and_other_words_of_that_form_do_not():
    shell = "#!/bin/sh\n# Set up.\n#\n# a/b.sh - v0.1.0\n#\n# as a/c.sh - v0.1.0\n"
    assert stamped(Path("a/x.sh"), shell, "0.2.0") == shell
    assert stamped(Path("a/b.sh"), shell, "0.2.0") == shell.replace("b.sh - v0.1.0", "b.sh - v0.2.0")
    page = f"{'line\n' * 30}a/b.sh - v0.1.0\n"
    assert stamped(Path("a/b.sh"), page, "0.2.0") == page


def test_the_changelog_keeps_an_empty_place_for_what_comes_next():
    after = released(CHANGELOG, "0.2.0", "2026-11-25")
    assert "## [Unreleased]\n\n## [0.2.0] - 2026-11-25\n\n### Added\n" in after
    assert (notes_of(CHANGELOG), notes_of(after)) == ("### Added\n\n- Something.", "")


def test_only_what_changed_since_the_last_release_is_stamped(project):
    assert [path.as_posix() for path in changed_since_last_tag(project)] == ["src/new.py"]
    assert [path.as_posix() for path in stamp(project, "0.2.0")] == ["pyproject.toml", "src/new.py"]
    assert "src/new.py - v0.2.0" in (project / "src/new.py").read_text()
    assert (project / "src/old.py").read_text() == FILES["src/old.py"]
    assert tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"] == "0.2.0"
    assert f"## [0.2.0] - {datetime.now(UTC):%Y-%m-%d}" in (project / "CHANGELOG.md").read_text()


def test_without_an_earlier_release_everything_is_stamped(project):
    git(project, "tag", "-d", "v0.1.0")
    assert len(stamp(project, "0.2.0")) == 3


def test_the_first_release_may_have_the_version_that_pyproject_has(project):
    git(project, "branch", "-M", "main")
    assert [fault.partition(";")[0] for fault in faults_before(project, "0.1.0")] == ["the tag v0.1.0 is there already"]
    git(project, "tag", "-d", "v0.1.0")
    assert list(faults_before(project, "0.1.0")) == []


@pytest.mark.parametrize(
    ("version", "spoil", "told"),
    [
        ("0.2", None, "'0.2' is no version"),
        ("v0.2.0", None, "'v0.2.0' is no version"),
        ("0.0.9", None, "is older than 0.1.0"),
        ("0.1.0", None, "the tag v0.1.0 is there already"),
        ("0.2.0", lambda folder: (folder / "more.py").write_text("x"), "1 files are not committed, the first: more.py"),
        ("0.2.0", lambda folder: git(folder, "switch", "-q", "-c", "work"), "the branch is 'work'"),
        ("0.2.0", lambda folder: _commit(folder, CHANGELOG.replace("### Added\n\n- Something.\n", "")), "says nothing"),
    ],
)
def test_what_is_not_ready_is_refused_and_nothing_changes(project, capsys, version, spoil, told):
    if spoil:
        spoil(project)
    before = git(project, "rev-parse", "HEAD")
    assert main([version], project) == 2
    assert told in capsys.readouterr().err
    assert git(project, "rev-parse", "HEAD") == before


def _commit(folder, changelog):
    (folder / "CHANGELOG.md").write_text(changelog)
    git(folder, "commit", "-q", "-a", "-m", "three")


def test_a_failed_check_stops_it(project, capsys):
    assert main(["0.2.0"], project, checks=("-c", "print('FAIL types'); raise SystemExit(1)")) == 1
    assert "FAIL types" in capsys.readouterr().err
    assert git(project, "tag") == "v0.1.0"


def test_a_step_that_fails_leaves_nothing_behind(project, capsys):
    before = git(project, "rev-parse", "HEAD")
    assert main(["0.2.0"], project, checks=("-c", "")) == 1
    assert "tools.schemas --write` failed: no schemas" in capsys.readouterr().err
    assert (git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain")) == (before, "")
    assert (git(project, "tag"), len(git(project, "worktree", "list").splitlines())) == ("v0.1.0", 1)


@pytest.mark.slow
def test_a_clone_of_this_project_is_released_whole(tmp_path, capsys):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(ROOT), "clone")
    git(clone, "checkout", "-q", "-B", "main")
    for name, value in (("user.name", "A"), ("user.email", "a@example.org")):
        git(clone, "config", name, value)
    lock = (clone / "uv.lock").read_text().splitlines(keepends=True)
    (clone / "uv.lock").write_text("".join(lock[:200]))  # describing all of it takes ten seconds
    git(clone, "rm", "-qr", "tests", "notebooks", "benchmarks")
    git(clone, "commit", "-qam", "small")
    before = git(clone, "rev-parse", "HEAD")
    assert main(["9.8.7"], clone, checks=("-c", "")) == 0, capsys.readouterr().err
    assert "Next: git push --follow-tags" in capsys.readouterr().out
    assert git(clone, "rev-parse", "HEAD~1") == before
    assert git(clone, "cat-file", "-t", "v9.8.7") == "tag"
    assert git(clone, "status", "--porcelain") == ""
    assert json.loads((clone / "m2m" / "openapi.json").read_text())["info"]["version"] == "9.8.7"
    wheel = clone / "dist" / "seedbed-9.8.7-py3-none-any.whl"
    assert list(faults_in_wheel(wheel, clone)) == []
    with ZipFile(wheel) as archive:
        assert "seedbed/serving/model-config.yaml" in archive.namelist()
    with tarfile.open(clone / "dist" / "seedbed-9.8.7.tar.gz") as archive:
        assert "seedbed-9.8.7/pyproject.toml" in archive.getnames()
    bill = json.loads((clone / "dist" / "seedbed-9.8.7.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["version"] == "9.8.7"
    locked = [line for line in (clone / "uv.lock").read_text().splitlines() if "==" in line and line[0].isalnum()]
    assert len(bill["components"]) == len(locked)
    (clone / "src" / "seedbed" / "forgotten.py").write_text("x = 1\n")
    assert list(faults_in_wheel(wheel, clone)) == ["seedbed/forgotten.py is missing"]
