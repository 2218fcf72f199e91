"""Test that a project is made wholly or not at all, with a history or with the reason why there is none.

tests/unit/template/test_create.py - v0.1.0
"""

import os
import subprocess
from pathlib import Path

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.template import create as module
from seedbed.template.create import create
from seedbed.template.manifest import COPY, FILE, Manifest
from tests.repositories import git


@pytest.fixture(autouse=True)
def _known_to_git(monkeypatch):
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "A")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")


def test_project_is_there_and_committed_on_main(project):
    assert (project / "src" / "bird_songs" / "__init__.py").is_file()
    assert os.access(project / "tools" / "setup.sh", os.X_OK)
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "log", "--format=%s %an") == "Start from seedbed 0.1.0 A"
    assert git(project, "branch", "--show-current") == "main"
    assert oct((project).stat().st_mode)[-3:] == "755"


def test_manifest_and_copy_say_what_was_made(project, answers):
    manifest = Manifest.read(project)
    assert (manifest.seedbed, manifest.answers) == ("0.1.0", answers)
    assert manifest.original(project)["README.md"] == (project / "README.md").read_bytes()
    made = {"uv.lock", "vendor/seedbed-0.1.0-py3-none-any.whl"}
    assert manifest.files.keys() - manifest.original(project).keys() == made
    tracked = set(git(project, "ls-files").splitlines())
    assert tracked == manifest.files.keys() | {FILE, COPY}


def test_lock_pins_the_wheel_by_its_hash_and_names_no_index(project, library):
    lock = (project / "uv.lock").read_text()
    assert f"seedbed==0.1.0 \\\n    --hash=sha256:{library.sha256[0]}\n    # via bird-songs (pyproject.toml)\n" in lock
    assert "://" not in lock
    assert "\ntorch==" in lock
    assert "\nplaywright==" not in lock


def test_folder_that_holds_something_is_refused_and_left_alone(tmp_path, answers, library):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="is not empty.*Next: seedbed adopt"):
        create(tmp_path / "mine", answers, library)
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["thesis.txt"]


def test_empty_folder_is_filled_and_stays_the_same_folder(tmp_path, answers, library):
    (tmp_path / "mine").mkdir()
    number = (tmp_path / "mine").stat().st_ino
    create(tmp_path / "mine", answers, library)
    assert (tmp_path / "mine" / "Makefile").is_file()
    assert (tmp_path / "mine").stat().st_ino == number


def test_missing_parent_and_file_in_the_place_are_refused(tmp_path, answers, library):
    with pytest.raises(UserError, match="Next: mkdir -p"):
        create(tmp_path / "nowhere" / "mine", answers, library)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file"):
        create(tmp_path / "file", answers, library)


def test_a_fault_halfway_leaves_nothing_behind(tmp_path, answers, library, monkeypatch):
    def full(folder, files):
        (folder / "half").write_text("written")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_files", full)
    with pytest.raises(WorldError, match="No space left on device"):
        create(tmp_path / "mine", answers, library)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []


def test_without_git_there_is_no_repository(tmp_path, answers, library):
    created = create(tmp_path / "mine", answers, library, git=False)
    assert (created.commit, created.notes) == ("", ())
    assert not (tmp_path / "mine" / ".git").exists()


def test_inside_another_repository_nothing_is_committed_and_it_is_said(tmp_path, answers, library):
    git(tmp_path, "init", "--quiet")
    created = create(tmp_path / "mine", answers, library)
    assert not (tmp_path / "mine" / ".git").exists()
    assert created.commit == ""
    assert f"lies in the repository {tmp_path}" in created.notes[0]


def test_where_another_repository_ignores_the_folder_the_project_has_its_own(tmp_path, answers, library):
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("mine/\n")
    (tmp_path / "mine").mkdir()
    assert create(tmp_path / "mine", answers, library).commit


def test_a_git_that_knows_nobody_commits_as_the_author_and_says_so(tmp_path, answers, library, monkeypatch):
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.delenv(f"{name}_NAME")
        monkeypatch.delenv(f"{name}_EMAIL")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    created = create(tmp_path / "mine", answers, library)
    assert "git knows no user.name" in created.notes[0]
    assert git(tmp_path / "mine", "log", "--format=%an") == "Ada O'Neil"


def test_without_git_on_the_machine_the_project_is_there_all_the_same(tmp_path, answers, library, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    created = create(tmp_path / "mine", answers, library)
    assert (tmp_path / "mine" / "Makefile").is_file()
    assert "git is not installed" in created.notes[0]


def test_make_help_lists_the_words(project):
    done = subprocess.run(["make", "help"], cwd=project, capture_output=True, text=True, check=True)
    words = {line.split()[0] for line in done.stdout.splitlines()}
    assert words >= {"setup", "demo", "test", "check", "notebooks", "serve", "lock"}


def test_copy_that_was_tampered_with_is_not_merged_with(project: Path):
    (project / COPY).write_bytes((project / COPY).read_bytes().replace(b"make demo", b"make dema"))
    with pytest.raises(UserError, match=r"git checkout m2m/skeleton\.zip"):
        Manifest.read(project).original(project)
