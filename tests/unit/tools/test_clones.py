"""Test that a test of a clone tests the code that lies here.

tests/unit/tools/test_clones.py - v0.1.0
"""

from tests.repositories import clone_as_it_is, git


def test_a_clone_has_what_is_changed_new_or_gone_and_not_committed(tmp_path):
    project, clone = tmp_path / "project", tmp_path / "clone"
    project.mkdir()
    git(project, "init", "-q")
    for name in ("changed", "gone", ".gitignore"):
        (project / name).write_text("ignored\n")
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "one")
    (project / "changed").write_bytes(b"\0 later")
    (project / "gone").unlink()
    (project / "new").mkdir()
    (project / "new" / "file").write_text("new\n")
    (project / "ignored").write_text("stays\n")
    clone_as_it_is(project, clone)
    assert (clone / "changed").read_bytes() == b"\0 later"
    assert git(clone, "ls-files").split() == [".gitignore", "changed", "new/file"]
    assert git(clone, "status", "--porcelain") == ""
