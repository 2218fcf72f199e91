"""Check that code, data and models are brought back as they were, or told where they are not.

tests/unit/experiments/reproduction/test_restoring.py - v0.1.0
"""

import shutil
import subprocess
import sys

import pytest

from seedbed.digests import digest_file, digest_of, digest_stream
from seedbed.experiments.reproduction import checkout
from seedbed.experiments.reproduction.difference import NotReproducedError
from seedbed.experiments.reproduction.differences import differences
from seedbed.experiments.reproduction.integrity import faults_of
from seedbed.experiments.reproduction.placing import Places, sources_in_place
from seedbed.tracking.adapters.mlflow import MlflowTracker
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import MAX_DIFF_BYTES, TrackingConfig
from seedbed.tracking.digest_cache import DigestCache
from seedbed.tracking.git import read_code
from seedbed.tracking.registry import artifact_of
from seedbed.tracking.run import tracked_run
from tests.repositories import git
from tests.s3_server import KEYS, remote_at, s3_server
from tests.unit.experiments.reproduction.test_verdict import evidence


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "code.py").write_text("A = 1\n")
    (folder / ".gitignore").write_text("data/\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def recorded(project, tmp_path, max_diff_bytes=1_000_000, **more):
    """Return what a run in the project would have recorded about its code."""
    code = read_code(project, max_diff_bytes)
    facts = {"git.commit": code.commit, "git.diff_digest": code.diff_digest, "git.remote": str(project)}
    found = evidence({}, {name: text for name, text in facts.items() if text}, code={"root": str(project)})
    if code.diff:
        (tmp_path / "diff.patch").write_bytes(code.diff)
        digest = digest_of(digest_file(tmp_path / "diff.patch"))
        found = found.model_copy(update={"patch": tmp_path / "diff.patch", "patch_digest": digest})
    provenance = {**found.provenance, "folder": str(project)}
    record = found.record.model_copy(update={"tags": {**found.record.tags, **more}})
    return found.model_copy(update={"provenance": provenance, "record": record})


def test_changed_new_binary_and_deleted_files_come_back_in_a_tree_of_their_own(project, tmp_path):
    (project / "code.py").unlink()
    (project / "new").mkdir()
    (project / "new" / "file.bin").write_bytes(bytes(range(256)))
    run = recorded(project, tmp_path)
    git(project, "stash", "-q", "-u")
    git(project, "commit", "-q", "--allow-empty", "-m", "two")
    tree = checkout.check_out(run, project, tmp_path / "tree")
    assert (tree / "new" / "file.bin").read_bytes() == bytes(range(256))
    assert not (tree / "code.py").exists()
    assert (project / "code.py").exists()
    checkout.remove(tree)
    assert not tree.exists()
    assert git(project, "worktree", "list").count("\n") == 0


def test_difference_longer_than_the_default_keeps_is_brought_back_where_it_was_kept(project, tmp_path):
    (project / "new.bin").write_bytes(bytes(3 * MAX_DIFF_BYTES))
    run = recorded(project, tmp_path, 4 * MAX_DIFF_BYTES)
    assert run.patch.stat().st_size < MAX_DIFF_BYTES  # it is the file that is longer
    tree = checkout.check_out(run, project, tmp_path / "tree")
    assert (tree / "new.bin").stat().st_size == 3 * MAX_DIFF_BYTES


def test_working_tree_is_forgotten_by_the_repository_that_it_was_made_from(project, tmp_path):
    git(tmp_path, "clone", "-q", str(project), "here")
    git(project, "commit", "-q", "--allow-empty", "-m", "not here yet")
    git(tmp_path / "here", "remote", "remove", "origin")
    run = recorded(project, tmp_path, **{"seedbed.git.remote": ""})
    tree = checkout.check_out(run, tmp_path / "here", tmp_path / "tree")
    checkout.remove(tree)
    assert not tree.exists()
    assert git(project, "worktree", "list").count("\n") == 0


def test_commit_that_only_the_remote_has_is_fetched(project, tmp_path):
    git(tmp_path, "clone", "-q", str(project), "other")
    git(project, "commit", "-q", "--allow-empty", "-m", "made after the clone")
    run = recorded(project, tmp_path)
    run = run.model_copy(update={"provenance": {**run.provenance, "code": {"root": str(tmp_path / "gone")}}})
    tree = checkout.check_out(run, tmp_path / "other", tmp_path / "tree")
    assert git(tree, "rev-parse", "HEAD") == git(project, "rev-parse", "HEAD")


def test_commit_that_nobody_has_is_named(project, tmp_path):
    run = recorded(project, tmp_path, **{"seedbed.git.commit": "f" * 40})
    with pytest.raises(NotReproducedError, match=r"code: commit was ffff.*; neither here nor in its remote"):
        checkout.check_out(run, project, tmp_path / "tree")


@pytest.mark.parametrize("ways", [("--abbrev=7", "-U0"), ("--abbrev=12", "-U7", "--diff-algorithm=patience")])
def test_difference_that_an_older_release_kept_in_another_form_is_brought_back(project, tmp_path, ways):
    lines = [f"a{number} = {number}\n" for number in range(20)]
    (project / "code.py").write_text("".join(lines))
    git(project, "commit", "-q", "-a", "-m", "lines")
    (project / "code.py").write_text("".join([*lines[:5], "b = 1\n", *lines[7:]]))
    patch = git(project, "diff", *ways, "HEAD") + "\n"
    run = recorded(project, tmp_path)
    new_form = run.model_copy()
    (tmp_path / "old.patch").write_text(patch)
    digest = digest_of(digest_file(tmp_path / "old.patch"))
    record = run.record.model_copy(update={"tags": run.record.tags | {"seedbed.git.diff_digest": digest}})
    run = run.model_copy(update={"record": record, "patch": tmp_path / "old.patch", "patch_digest": digest})
    tree = checkout.check_out(run, project, tmp_path / "tree")
    assert (tree / "code.py").read_bytes() == (project / "code.py").read_bytes()
    assert differences(run, new_form) == ()
    (project / "code.py").write_text("".join([*lines[:5], "b = 2\n", *lines[7:]]))
    assert [each.what for each in differences(run, recorded(project, tmp_path))] == ["what is not committed"]


def test_tree_that_an_older_release_called_changed_without_a_line_that_differs_is_brought_back(project, tmp_path):
    nothing = digest_of(digest_stream(()))
    old = recorded(project, tmp_path, **{"seedbed.git.dirty": "true", "seedbed.git.diff_digest": nothing})
    assert differences(old, recorded(project, tmp_path)) == ()
    assert [each.what for each in faults_of(old) if each.kind == "code" or "diff.patch" in each.what] == []
    checkout.check_out(old, project, tmp_path / "tree")


def placed(run, tree, repository, tmp_path, download=None):
    places = Places(tree, repository, tmp_path / "home", download)
    return sources_in_place(run, places, DigestCache(tmp_path / "d.db"))


def place(run, tree, repository, tmp_path, download=None):
    with placed(run, tree, repository, tmp_path, download):
        pass


def with_data(project, tmp_path, place):
    path = project / place
    content = DigestCache(tmp_path / "digests.db").digest(path)
    tags = {"seedbed.data.d": "x", "seedbed.data_source.d": str(place), "seedbed.data_content.d": content}
    return recorded(project, tmp_path, **tags)


def test_ignored_data_of_the_clone_here_is_linked_and_leaves_the_tree_clean(project, tmp_path):
    (project / "data").mkdir()
    (project / "data" / "a.txt").write_text("1")
    run = with_data(project, tmp_path, "data")
    git(tmp_path, "clone", "-q", str(project), "here")
    (project / "data").rename(tmp_path / "here" / "data")
    tree = checkout.check_out(run, tmp_path / "here", tmp_path / "tree")
    place(run, tree, tmp_path / "here", tmp_path)
    assert (tree / "data" / "a.txt").read_text() == "1"
    assert git(tree, "status", "--porcelain") == ""


def test_data_that_is_nowhere_is_named_with_where_it_was_looked_for(project, tmp_path):
    (project / "data").mkdir()
    (project / "data" / "a.txt").write_text("1")
    run = with_data(project, tmp_path, "data/a.txt")
    shutil.rmtree(project / "data")
    with pytest.raises(NotReproducedError, match=r"data: d was .*; at .*project/data/a\.txt; put it there"):
        place(run, tmp_path / "tree", project, tmp_path)


def test_model_that_is_not_here_comes_from_the_run_that_made_it_and_is_checked(project, tmp_path):
    there = tmp_path / "there"
    tracker, archive = MlflowTracker(TrackingConfig(), there), MlflowArchive(TrackingConfig(), there)
    with tracked_run("training", {}, tracker=tracker, home=there, seed=7) as training:
        folder = training.artifacts / artifact_of("d1")
        folder.mkdir(parents=True)
        (folder / "weights.bin").write_bytes(b"weights")
        kept = f"{training.run_id}/{artifact_of('d1')}"
        content = DigestCache(tmp_path / "digests.db").digest(folder)
    tags = {"model.ner": "d1", "model_source.ner": "$SEEDBED_HOME/models/ner/d1", "model_artifact.ner": kept}
    run = recorded(project, tmp_path, **{f"seedbed.{n}": t for n, t in (tags | {"model_content.ner": content}).items()})
    place(run, tmp_path / "tree", project, tmp_path, archive.download)
    fetched = tmp_path / "home" / "models" / "ner" / "d1"
    assert [file.name for file in fetched.parent.rglob("*")] == ["d1", "weights.bin"]
    (fetched / "weights.bin").write_bytes(b"others")
    with pytest.raises(NotReproducedError, match="model: ner was "):
        place(run, tmp_path / "tree", project, tmp_path, archive.download)


@pytest.fixture
def s3():
    with s3_server() as url:
        yield url


@pytest.mark.slow
def test_data_that_dvc_keeps_comes_from_its_cache_beside_the_project_or_from_s3(project, tmp_path, monkeypatch, s3):
    for name, value in (KEYS | {"DVC_NO_ANALYTICS": "1"}).items():
        monkeypatch.setenv(name, value)

    def dvc(*words):
        command = [sys.executable, "-m", "dvc", *words, "--quiet"]
        subprocess.run(command, cwd=project, check=True, capture_output=True, timeout=120)

    def comes(name):
        tree = checkout.check_out(run, project, tmp_path / name)
        place(run, tree, project, tmp_path)
        assert (tree / "kept" / "a.txt").read_text() == "1"
        assert git(tree, "status", "--porcelain") == ""

    (project / "kept").mkdir()
    (project / "kept" / "a.txt").write_text("1")
    dvc("init")
    (project / ".dvc" / "config.local").write_text(remote_at(s3))
    dvc("add", "kept")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "with data")
    run = with_data(project, tmp_path, "kept")
    dvc("push")
    shutil.rmtree(project / "kept")
    comes("from-the-cache")
    shutil.rmtree(project / ".dvc" / "cache")
    comes("from-s3")


@pytest.fixture
def here(project, tmp_path):
    """Return a clone that data is put into for `--here`."""
    git(tmp_path, "clone", "-q", str(project), "here")
    return tmp_path / "here"


def test_data_that_was_linked_into_the_tree_here_is_taken_out_again(project, here, tmp_path):
    (project / "data" / "deep").mkdir(parents=True)
    (project / "data" / "deep" / "a.txt").write_text("1")
    (project / "b.txt").write_text("2")
    run = with_data(project, tmp_path, "data/deep")
    content = DigestCache(tmp_path / "digests.db").digest(project / "b.txt")
    more = {"seedbed.data.f": "x", "seedbed.data_source.f": "b.txt", "seedbed.data_content.f": content}
    run = run.model_copy(update={"record": run.record.model_copy(update={"tags": run.record.tags | more})})
    before = set(here.rglob("*"))
    with placed(run, here, here, tmp_path):
        assert (here / "data" / "deep" / "a.txt").read_text() == "1"
        assert (here / "b.txt").is_symlink()
        (here / "data" / "written.txt").write_text("by somebody else")
    assert set(here.rglob("*")) - before == {here / "data", here / "data" / "written.txt"}
    assert (project / "data" / "deep" / "a.txt").read_text() == "1"


def test_data_that_was_linked_into_the_tree_here_is_taken_out_where_other_data_is_nowhere(project, here, tmp_path):
    (project / "b.txt").write_text("2")
    run = with_data(project, tmp_path, "b.txt")
    more = {"seedbed.data.f": "x", "seedbed.data_source.f": "gone.txt", "seedbed.data_content.f": "0"}
    run = run.model_copy(update={"record": run.record.model_copy(update={"tags": run.record.tags | more})})
    with pytest.raises(NotReproducedError, match="data: f was 0"), placed(run, here, here, tmp_path):
        pass
    assert git(here, "status", "--porcelain") == ""


def test_settings_of_dvc_in_the_tree_here_are_left_alone(project, here, tmp_path):
    (here / ".dvc" / "cache").mkdir(parents=True)
    (here / ".dvc" / "config").touch()
    (here / ".dvc" / "config.local").write_text(mine := "[core]\n    autostage = false\n")
    (project / "data.txt").write_text("1")
    run = with_data(project, tmp_path, "data.txt")
    (project / "data.txt").unlink()
    with pytest.raises(NotReproducedError, match="data: d was"), placed(run, here, here, tmp_path):
        pass
    assert (here / ".dvc" / "config.local").read_text() == mine
