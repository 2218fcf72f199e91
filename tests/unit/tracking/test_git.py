"""Check that the state of a working tree is told as it is, and that its diff restores it.

tests/unit/tracking/test_git.py - v0.1.0
"""

import os
import subprocess
from pathlib import Path

import pytest

from seedbed.tracking import git_tree
from seedbed.tracking.git import MAX_NAMES, read_code

LIMIT = 100_000
SECRET = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD3fG5"


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", *who, "-c", "protocol.file.allow=always", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


@pytest.fixture
def tree(tmp_path):
    """Make a repository with one commit."""
    folder = tmp_path / "tree"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "code.py").write_text("x = 1\n")
    (folder / "gone.txt").write_text("to be deleted\n")
    (folder / ".gitignore").write_text("ignored/\n")
    commit_all(folder)
    return folder


def commit_all(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a state")


def make_dirty(folder: Path) -> None:
    (folder / "code.py").write_text("x = 2\n")
    (folder / "gone.txt").unlink()
    (folder / "staged.py").write_text("y = 1\n")
    git(folder, "add", "staged.py")
    (folder / "new file ä.py").write_text("z = 1\n")
    (folder / "latin.txt").write_bytes(b"caf\xe9\n")
    (folder / "binary.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "ignored").mkdir()
    (folder / "ignored" / "big.bin").write_bytes(b"x")


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if "ignored" not in path.parts}


def test_clean_tree_is_told_by_its_commit(tree):
    code = read_code(tree, LIMIT)
    assert (code.commit, code.branch, code.dirty) == (git(tree, "rev-parse", "HEAD"), "main", False)
    assert (code.root, code.problem, code.diff, code.diff_digest) == (str(tree), "", b"", "")


def test_diff_of_a_dirty_tree_restores_it_new_and_binary_files_included(tree, tmp_path):
    make_dirty(tree)
    code = read_code(tree, LIMIT)
    git(tmp_path, "clone", "-q", str(tree), "copy")
    patch = tmp_path / "diff.patch"
    patch.write_bytes(code.diff)
    git(tmp_path / "copy", "apply", str(patch))
    assert content(tmp_path / "copy") == content(tree)
    assert code.dirty
    assert code.untracked == ("binary.bin", "latin.txt", "new file ä.py")


def test_reading_leaves_the_repository_as_it_was(tree):
    make_dirty(tree)

    def state() -> tuple[str, bytes, list[str]]:
        objects = sorted(str(path) for path in (tree / ".git" / "objects").rglob("*"))
        return git(tree, "status", "--porcelain"), (tree / ".git" / "index").read_bytes(), objects

    before = state()
    read_code(tree, LIMIT)
    assert state() == before


def test_digest_follows_the_content_and_nothing_else(tree):
    make_dirty(tree)
    digest = read_code(tree, LIMIT).diff_digest
    os.utime(tree / "code.py", (1, 1))
    assert read_code(tree, LIMIT).diff_digest == digest
    (tree / "latin.txt").write_bytes(b"caf\xe8\n")
    assert read_code(tree, LIMIT).diff_digest != digest


@pytest.mark.parametrize("name", ["code.py", "untracked.txt"])
def test_diff_with_a_secret_is_not_kept_but_its_digest_is(tree, name):
    (tree / name).write_text(f"key = '{SECRET}'\n")
    code = read_code(tree, LIMIT)
    assert code.diff == b""
    assert code.diff_digest
    assert code.diff_refused.startswith("it seems to hold a GitHub token (line ")
    assert SECRET not in code.model_dump_json()


def test_long_diff_is_kept_only_as_its_digest_and_says_which_setting(tree):
    (tree / "code.py").write_text("x = 1  # long\n" * 100)
    code = read_code(tree, 500)
    assert (code.diff, bool(code.diff_digest)) == (b"", True)
    assert "more than SEEDBED_TRACKING__MAX_DIFF_BYTES=500" in code.diff_refused
    other = read_code(tree, LIMIT)
    assert (other.diff_refused, bool(other.diff)) == ("", True)


def test_large_new_file_is_not_read_and_still_counts_by_name_and_size(tree):
    (tree / "data.bin").write_bytes(b"x" * (LIMIT + 1))
    first = read_code(tree, LIMIT)
    (tree / "data.bin").write_bytes(b"x" * (LIMIT + 2))
    second = read_code(tree, LIMIT)
    assert first.diff == second.diff == b""
    assert first.diff_digest != second.diff_digest
    assert str(LIMIT + 1) in first.diff_refused


def test_names_of_new_files_are_bounded(tree):
    for number in range(MAX_NAMES + 5):
        (tree / f"n{number:04}").write_text("")
    code = read_code(tree, LIMIT)
    assert (code.num_untracked, len(code.untracked)) == (MAX_NAMES + 5, MAX_NAMES)


def test_detached_head_has_a_commit_and_no_branch(tree):
    git(tree, "checkout", "-q", "--detach")
    code = read_code(tree, LIMIT)
    assert (code.branch, code.commit) == ("", git(tree, "rev-parse", "HEAD"))


def test_repository_without_commits_is_all_difference(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("x = 1\n")
    code = read_code(tmp_path, LIMIT)
    assert (code.commit, code.branch, code.dirty, code.problem) == ("", "main", True, "")
    assert b"+x = 1" in code.diff


def test_folder_outside_a_repository_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code = read_code(tmp_path, LIMIT)
    assert (code.root, code.commit, code.dirty) == ("", "", False)
    assert "not a git repository" in code.problem


@pytest.mark.parametrize(("said", "commit"), [("a" * 40, "a" * 40), ("a" * 40 + "-dirty", ""), ("unknown", "")])
def test_in_an_image_the_commit_is_the_one_it_was_built_from(tmp_path, monkeypatch, said, commit):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "REVISION").write_text(f"{said}\n")
    assert (read_code(tmp_path, LIMIT).commit, read_code(tmp_path, LIMIT).root) == (commit, "")


def test_machine_without_git_says_so(tree, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert read_code(tree, LIMIT).problem == "git is not installed"


def test_git_that_does_not_answer_is_given_up(tree, tmp_path, monkeypatch):
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    monkeypatch.setitem(git_tree.run_git.__kwdefaults__, "timeout_s", 0.3)
    assert "took longer than" in read_code(tree, LIMIT).problem


def test_shallow_clone_is_told_as_shallow(tree, tmp_path):
    (tree / "code.py").write_text("x = 3\n")
    commit_all(tree)
    git(tmp_path, "clone", "-q", "--depth", "1", tree.as_uri(), "shallow")
    code = read_code(tmp_path / "shallow", LIMIT)
    assert (code.shallow, code.commit) == (True, git(tree, "rev-parse", "HEAD"))
    assert not read_code(tree, LIMIT).shallow


def add_submodule(tree, part):
    part.mkdir()
    git(part, "init", "-q")
    (part / "a.py").write_text("a = 1\n")
    commit_all(part)
    git(tree, "submodule", "--quiet", "add", str(part), "part")
    commit_all(tree)


def test_dirty_submodule_is_named_and_counts(tree, tmp_path):
    add_submodule(tree, tmp_path / "part")
    assert not read_code(tree, LIMIT).dirty
    (tree / "part" / "a.py").write_text("a = 2\n")
    first = read_code(tree, LIMIT)
    (tree / "part" / "a.py").write_text("a = 3\n")
    second = read_code(tree, LIMIT)
    assert (first.dirty, first.dirty_submodules) == (True, ("part",))
    assert first.diff_digest != second.diff_digest
    assert b"+a = 3" in second.diff


def test_subfolder_sees_the_whole_tree(tree):
    (tree / "src").mkdir()
    make_dirty(tree)
    assert read_code(tree / "src", LIMIT).diff_digest == read_code(tree, LIMIT).diff_digest


def test_variables_of_a_git_hook_do_not_lead_to_another_repository(tree, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert read_code(tree, LIMIT).root == str(tree)
    assert not read_code(tree, LIMIT).dirty


def test_programs_named_in_the_repository_are_not_run(tree, tmp_path):
    make_dirty(tree)
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n")
    trap.chmod(0o755)
    git(tree, "config", "diff.external", str(trap))
    git(tree, "config", "core.fsmonitor", str(trap))
    git(tree, "config", "diff.trap.textconv", str(trap))
    (tree / ".gitattributes").write_text("*.py diff=trap\n")
    assert b"+x = 2" in read_code(tree, LIMIT).diff
    assert not (tmp_path / "sprung").exists()


def test_address_of_origin_is_kept_without_credentials(tree):
    git(tree, "remote", "add", "origin", "https://me:hidden-words@example.org/a/b.git")
    assert read_code(tree, LIMIT).remote == "https://example.org/a/b.git"


def test_file_that_was_changed_in_the_second_in_which_it_was_committed_is_in_the_diff(tree):
    git(tree, "config", "core.trustctime", "false")  # the change is made later here, which ctime would tell
    file = tree / "code.py"
    file.write_text("x = 7\n")
    os.utime(file, (10**9, 10**9))
    commit_all(tree)
    file.write_text("x = 9\n")
    (tree / "new.py").write_text("n = 1\n")
    for each in (file, tree / ".git" / "index"):
        os.utime(each, (10**9, 10**9))
    assert b"9" in read_code(tree, LIMIT).diff.partition(b"b/new.py")[0]


def test_worktree_is_a_working_tree_like_any_other(tree, tmp_path):
    git(tree, "worktree", "add", "-q", str(tmp_path / "second"), "-b", "other")
    (tmp_path / "second" / "code.py").write_text("x = 9\n")
    (tmp_path / "second" / "new.py").write_text("n = 1\n")
    code = read_code(tmp_path / "second", LIMIT)
    assert (code.branch, code.root) == ("other", str(tmp_path / "second"))
    assert b"+x = 9" in code.diff
    assert b"+n = 1" in code.diff


def test_byte_code_that_an_import_has_left_changes_nothing(tree):
    before = read_code(tree, LIMIT)
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__" / "code.cpython-313.pyc").write_bytes(b"made by Python")
    assert read_code(tree, LIMIT) == before


OWN_WAYS = {
    "diff.context": "0",
    "diff.interHunkContext": "9",
    "diff.algorithm": "patience",
    "diff.suppressBlankEmpty": "true",
    "diff.indentHeuristic": "false",
    "diff.orderFile": "order",
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.relative": "true",
    "core.abbrev": "12",
    "core.looseCompression": "9",
}


def test_what_somebody_prefers_of_git_changes_neither_diff_nor_digest(tree):
    lines = "def a():\n    x = 1\n\n    y = 2\n\n    z = 3\n\n\ndef b():\n    return 1\n\n\n"
    (tree / "sub").mkdir()
    (tree / "sub" / "a.py").write_text(lines * 3)
    (tree / "order").write_text("latin.txt\nsub/*\ncode.py\n")
    commit_all(tree)
    make_dirty(tree)
    (tree / "sub" / "a.py").write_text(lines + "def c():\n    return 1\n\n\n" + (lines * 2).replace("y", "why", 1))
    (tree / "binary.bin").write_bytes(bytes(range(256)) * 40)
    before = read_code(tree, LIMIT)
    assert b"+def c():" in before.diff
    for name, value in OWN_WAYS.items():
        git(tree, "config", name, value)
        after = read_code(tree / "sub", LIMIT)
        assert (name, after.diff, after.diff_digest) == (name, before.diff, before.diff_digest)
        git(tree, "config", "--unset", name)


def test_number_of_objects_in_the_repository_changes_nothing(tree):
    make_dirty(tree)
    (tree / "code.py").write_text("x = 2\n")
    code = read_code(tree, LIMIT)
    indexes = [line for line in code.diff.decode("latin-1").splitlines() if line.startswith("index ")]
    assert indexes
    assert all(len(line.split()[1]) == 2 * 40 + len("..") for line in indexes)


def test_variable_that_changes_the_context_of_differences_changes_nothing(tree, monkeypatch):
    make_dirty(tree)
    before = read_code(tree, LIMIT)
    monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=0")
    assert read_code(tree, LIMIT).diff_digest == before.diff_digest


def test_line_ends_alone_leave_a_tree_clean(tree):
    (tree / ".gitattributes").write_text("* text=auto\n")
    commit_all(tree)
    (tree / "code.py").write_bytes(b"x = 1\r\n")
    assert git(tree, "status", "--porcelain") == "M code.py"
    code = read_code(tree, LIMIT)
    assert (code.dirty, code.diff_digest, code.diff_refused) == (False, "", "")


def test_new_file_that_was_staged_and_deleted_leaves_a_tree_clean(tree):
    (tree / "thought.py").write_text("t = 1\n")
    git(tree, "add", "thought.py")
    (tree / "thought.py").unlink()
    assert read_code(tree, LIMIT) == read_code(tree, LIMIT).model_copy(update={"dirty": False, "diff_digest": ""})


def test_new_file_in_a_submodule_is_not_kept_and_told(tree, tmp_path):
    add_submodule(tree, tmp_path / "part")
    (tree / "part" / "__pycache__").mkdir()
    (tree / "part" / "__pycache__" / "a.cpython-313.pyc").write_bytes(b"made by Python")
    assert not read_code(tree, LIMIT).dirty
    (tree / "part" / "new.py").write_text("n = 1\n")
    code = read_code(tree, LIMIT)
    assert (code.dirty, code.diff_refused) == (True, "submodule part has new files, which are not read")


@pytest.mark.parametrize("has_commits", [False, True])
def test_repository_inside_the_tree_counts_as_nothing(tree, has_commits):
    nested = tree / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    (nested / "n.py").write_text("n = 1\n")
    if has_commits:
        commit_all(nested)
    assert read_code(tree, LIMIT) == read_code(tree, LIMIT).model_copy(update={"dirty": False, "num_untracked": 0})
    make_dirty(tree)
    code = read_code(tree, LIMIT)
    assert (code.problem, code.diff_refused, code.num_untracked) == ("", "", 3)
    assert b"nested" not in code.diff


@pytest.mark.parametrize("name", ["a:b", 'quote " and back\\slash'])
def test_path_of_a_tree_may_hold_what_separates_paths(tree, tmp_path, name):
    tree = tree.rename(tmp_path / name)
    make_dirty(tree)
    code = read_code(tree, LIMIT)
    assert (code.problem, code.diff_refused, code.commit) == ("", "", git(tree, "rev-parse", "HEAD"))
    assert b"+z = 1" in code.diff


def test_difference_that_git_cannot_make_leaves_the_commit_known(tree):
    make_dirty(tree)
    git(tree, "config", "filter.broken.clean", "false")
    git(tree, "config", "filter.broken.required", "true")
    (tree / ".gitattributes").write_text("*.bin filter=broken\n")
    code = read_code(tree, LIMIT)
    assert (code.commit, code.problem, code.dirty) == (git(tree, "rev-parse", "HEAD"), "", True)
    assert code.diff_refused.startswith("git diff: ")
