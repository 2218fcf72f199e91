"""Test that an update keeps what people did, and that git says where both changed the same lines.

tests/unit/template/test_update.py - v0.1.0

The newer skeleton is the one of today with changes in several files; projects have edits of their own in five.
"""

import json
import os
import shutil
import subprocess

import pytest

from seedbed.errors import UserError
from seedbed.template import project as rendering
from seedbed.template.adopt import adopt
from seedbed.template.create import create
from seedbed.template.manifest import COPY, FILE, Manifest
from seedbed.template.update import differences, update
from tests.repositories import git
from tests.unit.template.conftest import a_library

EDITS = {
    "README.md": ("# bird-songs\n", "# Songs of birds\n"),
    "Makefile": ("runs: setup", "songs: setup ## fetch the songs\n\t@echo songs\n\nruns: setup"),
    "src/bird_songs/first_hit.py": ("firsts = [", "# mine\n    firsts = ["),
    "pyproject.toml": ("moves the one above.\n", 'moves the one above.\n    "librosa>=1",\n'),
    "docs/index.md": ("## What was tried\n", "## What we tried\n"),
}
NEWER = {
    "README.md": ("make test     # the tests", "make test     # all tests"),
    "Makefile": ("clean: ## remove", "fresh: clean setup ## begin anew\n\nclean: ## remove"),
    "src/bird_songs/first_hit.py": ("otherwise 0.\n", "otherwise 0, in order.\n"),
    "pyproject.toml": ('"pytest-timeout>=2.4",', '"pytest-timeout>=2.5",'),
    "m2m/README.md": ("programs that run", "programs that use"),
}
MORE = (
    "# What this project keeps\n\nFor the people and programs that run",
    "# What is kept\n\nFor the people and programs that use",
)


@pytest.fixture(autouse=True)
def _known_to_git(monkeypatch):
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "A")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")


@pytest.fixture
def newer(monkeypatch):
    """Let the skeleton be a newer one: with these replacements, with other files, without some."""
    original = rendering.render

    def become(changes=NEWER, *, added=None, dropped=()):
        def render(answers, version, *, vendored):
            files = dict(original(answers, version, vendored=vendored))
            for path, (old, new) in changes.items():
                if path in files:
                    assert old.encode() in files[path], (path, old)
                    files[path] = files[path].replace(old.encode(), new.encode())
            return {path: text for path, text in (files | (added or {})).items() if path not in dropped}

        monkeypatch.setattr(rendering, "render", render)
        return a_library(b"a newer wheel", "0.2.0")

    return become


def edit(project, changes=EDITS):
    for path, (old, new) in changes.items():
        text = (project / path).read_text()
        assert old in text, (path, old)
        (project / path).write_text(text.replace(old, new))
    git(project, "commit", "--all", "--quiet", "-m", "edits")


def shown(project, path, branch="seedbed-update-0.2.0"):
    return subprocess.run(
        ["git", "-C", project, "show", f"{branch}:{path}"], capture_output=True, text=True, check=True
    ).stdout


def files_of(project, branch="seedbed-update-0.2.0"):
    return set(git(project, "ls-tree", "-r", "--name-only", branch).splitlines())


def test_all_edits_are_kept_and_all_changes_arrive(project, newer):
    edit(project)
    done = update(project, newer())
    assert done.conflicts == ()
    for path, (_, ours) in EDITS.items():
        assert ours in shown(project, path), path
    for path, (_, theirs) in NEWER.items():
        assert theirs in shown(project, path), path
    assert '"seedbed[ner]==0.2.0"' in shown(project, "pyproject.toml")


def test_merged_branch_is_the_project_with_the_newer_skeleton(project, newer):
    edit(project)
    library = newer()
    update(project, library)
    git(project, "merge", "--quiet", "seedbed-update-0.2.0")
    assert differences(project, library).changed == ()
    assert Manifest.read(project).seedbed == "0.2.0"
    assert (project / "vendor" / library.file_name).read_bytes() == b"a newer wheel"
    assert not (project / "vendor" / "seedbed-0.1.0-py3-none-any.whl").exists()
    assert library.sha256[0] in (project / "uv.lock").read_text()
    assert os.access(project / "tools" / "setup.sh", os.X_OK)
    again = update(project, library)
    assert (again.branch, again.changed) == ("", ())


def test_second_update_starts_from_the_first(project, newer):
    edit(project)
    update(project, newer())
    git(project, "merge", "--quiet", "seedbed-update-0.2.0")
    library = newer({**NEWER, "m2m/README.md": MORE})
    done = update(project, library)
    assert done.changed == ("m2m/README.md",)
    assert "# What is kept" in shown(project, "m2m/README.md")
    assert EDITS["README.md"][1] in shown(project, "README.md")


def test_conflict_is_where_both_changed_the_same_lines_and_nowhere_else(project, newer):
    edit(project, {**EDITS, "m2m/README.md": ("# What this project keeps", "# My things")})
    done = update(project, newer({**NEWER, "m2m/README.md": MORE}))
    assert done.conflicts == ("m2m/README.md",)
    text = shown(project, "m2m/README.md")
    assert text.startswith("<<<<<<< seedbed/yours\n# My things\n=======\n# What is kept\n>>>>>>> seedbed/0.2.0\n")
    assert [path for path in files_of(project) if path != "m2m/README.md" and path.endswith((".md", ".py", ".toml"))
            and "<<<<<<<" in shown(project, path)] == []  # fmt: skip
    assert "To be resolved:\n\n- m2m/README.md" in git(project, "log", "-1", "--format=%B", done.branch)


def test_what_is_checked_out_is_not_touched_even_when_it_is_dirty(project, newer):
    edit(project)
    (project / "README.md").write_text("half a thought\n")
    (project / "new.txt").write_text("not added\n")
    before = (
        git(project, "status", "--porcelain"),
        git(project, "rev-parse", "HEAD"),
        git(project, "branch", "--show-current"),
    )
    done = update(project, newer())
    assert (
        git(project, "status", "--porcelain"),
        git(project, "rev-parse", "HEAD"),
        git(project, "branch", "--show-current"),
    ) == before
    assert "what is not committed is no part of the update" in done.notes
    assert "half a thought" not in shown(project, "README.md")
    assert git(project, "for-each-ref", "refs/seedbed") == ""


def test_file_that_was_deleted_stays_deleted(project, newer):
    git(project, "rm", "--quiet", "docs/index.md", "README.md")
    git(project, "commit", "--quiet", "-m", "no docs")
    done = update(project, newer())
    assert done.conflicts == ()
    assert files_of(project) & {"docs/index.md", "README.md"} == set()
    assert "README.md: you deleted it, so it stays away" in done.notes


def test_file_that_was_renamed_gets_the_changes_under_its_new_name(project, newer):
    git(project, "mv", "src/bird_songs/first_hit.py", "src/bird_songs/hits.py")
    edit(project, {"src/bird_songs/hits.py": EDITS["src/bird_songs/first_hit.py"]})
    done = update(project, newer())
    assert done.conflicts == ()
    text = shown(project, "src/bird_songs/hits.py")
    assert EDITS["src/bird_songs/first_hit.py"][1] in text
    assert NEWER["src/bird_songs/first_hit.py"][1] in text
    assert "src/bird_songs/first_hit.py" not in files_of(project)


def test_file_that_the_skeleton_drops_goes_unless_it_was_changed(project, newer):
    edit(project, {"docs/index.md": EDITS["docs/index.md"]})
    done = update(project, newer({}, dropped=("docs/index.md", "params.yaml")))
    assert done.conflicts == ()
    assert "params.yaml" not in files_of(project)
    assert EDITS["docs/index.md"][1] in shown(project, "docs/index.md")
    assert "docs/index.md: the skeleton no longer has it; yours stays" in done.notes


def test_file_that_the_skeleton_adds_arrives_and_meets_one_of_the_same_name_as_a_conflict(project, newer):
    (project / "taken.txt").write_text("mine\n")
    git(project, "add", "taken.txt")
    git(project, "commit", "--quiet", "-m", "mine")
    done = update(project, newer({}, added={"tools/extra.txt": b"new\n", "taken.txt": b"theirs\n"}))
    assert shown(project, "tools/extra.txt") == "new\n"
    assert done.conflicts == ("taken.txt",)


def test_lock_that_was_changed_is_kept_but_for_seedbed_and_it_is_said(project, newer):
    edit(project, {"uv.lock": ("# This file was", "# Mine; this file was")})
    library = newer()
    done = update(project, library)
    lock = shown(project, "uv.lock")
    assert lock.startswith("# Mine")
    assert f"seedbed==0.2.0 \\\n    --hash=sha256:{library.sha256[0]}\n" in lock
    assert any("make lock" in note for note in done.notes)


def test_history_does_not_matter_after_a_squash_or_in_a_shallow_clone(project, newer, tmp_path):
    edit(project)
    git(tmp_path, "clone", "--quiet", "--depth", "1", project.as_uri(), "shallow")
    done = update(tmp_path / "shallow", newer())
    assert done.conflicts == ()
    for path, (_, ours) in EDITS.items():
        assert ours in shown(tmp_path / "shallow", path), path


def test_project_in_a_folder_of_a_larger_repository_is_updated_there_and_nothing_else(
    tmp_path, answers, library, newer
):
    git(tmp_path, "init", "--quiet", "all")
    (tmp_path / "all" / "Makefile").write_text("not the project's\n")
    project = create(tmp_path / "all" / "birds", answers, library).path
    git(tmp_path / "all", "add", ".")
    git(tmp_path / "all", "commit", "--quiet", "-m", "all")
    edit(project)
    done = update(project, newer())
    assert done.conflicts == ()
    assert shown(project, "Makefile") == "not the project's\n"
    assert NEWER["Makefile"][1] in shown(project, "birds/Makefile")
    assert EDITS["Makefile"][1] in shown(project, "birds/Makefile")
    changed = git(project, "diff", "--name-only", "HEAD", done.branch).splitlines()
    assert all(path.startswith("birds/") for path in changed)


def test_adopted_project_keeps_its_own_files_and_gets_changes_of_the_others(tmp_path, answers, library, newer):
    folder = tmp_path / "old"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "pipelines" / "__init__.py").write_text("mine = 1\n")
    adopt(folder, answers.model_copy(update={"adopted": True}), library)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "adopted")
    changes = {
        "m2m/README.md": ("# What this project keeps", "# What is kept"),
        "pipelines/__init__.py": ("Choose", "Pick"),
    }
    done = update(folder, newer(changes))
    assert done.conflicts == ()
    assert shown(folder, "pipelines/__init__.py") == "mine = 1\n"
    assert "# What is kept" in shown(folder, "m2m/README.md")
    assert "uv.lock" not in files_of(folder)


def test_file_whose_name_is_no_utf8_is_kept(project, newer):
    (project / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"coffee")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "coffee")
    done = update(project, newer())
    assert done.conflicts == ()
    listed = subprocess.run(["git", "-C", project, "ls-tree", "-z", "--name-only", done.branch], capture_output=True)
    assert b"caf\xe9.txt" in listed.stdout.split(b"\0")


def test_conflict_in_a_file_whose_new_name_is_no_utf8_can_be_printed(project, newer):
    edit(project, {"m2m/README.md": ("# What this project keeps", "# My things")})
    (project / "m2m" / "README.md").rename(project / "m2m" / os.fsdecode(b"caf\xe9.md"))
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "another name")
    done = update(project, newer({**NEWER, "m2m/README.md": MORE}))
    assert done.conflicts == ("m2m/caf\\xe9.md",)


def test_part_that_is_chosen_later_arrives_with_the_next_update(tmp_path, answers, library):
    project = create(tmp_path / "songs", answers.model_copy(update={"without": ("dvc",)}), library).path
    facts = json.loads((project / FILE).read_text())
    facts["answers"]["without"] = []
    (project / FILE).write_text(json.dumps(facts))
    git(project, "commit", "--all", "--quiet", "-m", "with DVC")
    done = update(project, library)
    assert done.conflicts == ()
    assert "dvc.yaml" in files_of(project, done.branch)
    assert "DVC_NO_ANALYTICS" in shown(project, "Makefile", done.branch)
    assert "\ndvc==" in shown(project, "uv.lock", done.branch)


def test_check_says_what_is_behind_and_writes_nothing(project, newer):
    library = newer()
    before = git(project, "for-each-ref"), git(project, "status", "--porcelain")
    found = differences(project, library)
    assert set(found.changed) >= {
        "Makefile",
        "README.md",
        "pyproject.toml",
        "uv.lock",
        "vendor/seedbed-0.2.0-py3-none-any.whl",
    }
    assert (git(project, "for-each-ref"), git(project, "status", "--porcelain")) == before


def test_project_of_the_same_release_is_up_to_date(project, library):
    edit(project)
    assert differences(project, library).changed == ()
    assert update(project, library).branch == ""


def test_update_that_waits_is_not_overwritten(project, newer):
    library = newer()
    update(project, library)
    with pytest.raises(UserError, match=r"Next: git merge seedbed-update-0\.2\.0, or git branch -D"):
        update(project, library)


def test_what_seedbed_did_not_make_is_refused_with_the_next_command(tmp_path, project, library, newer):
    with pytest.raises(UserError, match="was not made by seedbed.*seedbed adopt"):
        differences(tmp_path, library)
    shutil.rmtree(project / ".git")
    with pytest.raises(UserError, match="no commit to merge with. Next: git init"):
        update(project, newer())


def test_manifest_that_cannot_be_read_is_named_with_the_place(project, library):
    facts = json.loads((project / FILE).read_text())
    (project / FILE).write_text(json.dumps(facts | {"answers": {**facts["answers"], "license": "GPL"}}))
    with pytest.raises(UserError, match=r"skeleton\.json: answers\.license: "):
        differences(project, library)


def test_missing_copy_is_taken_from_git(project, newer):
    (project / COPY).unlink()
    with pytest.raises(UserError, match=r"git checkout m2m/skeleton\.zip"):
        update(project, newer())
