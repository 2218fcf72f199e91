"""Test the commands that make, adopt and update projects: what they say, and with which exit code.

tests/unit/cli/test_project_command.py - v0.1.0
"""

import json
import os
import pty
import subprocess
import sys

import pytest

from seedbed.cli.app import app, main
from seedbed.template import library as source
from tests.repositories import git
from tests.unit.template.conftest import a_library


@pytest.fixture(autouse=True)
def _small_library(monkeypatch):
    monkeypatch.setattr(source, "find_library", lambda given="", _=None: a_library(given.encode() or b"a wheel"))
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "A")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line here; return exit code, what it said, and what went wrong."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["seedbed", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


def test_new_makes_a_project_and_says_what_is_next(run, tmp_path):
    code, out, _ = run("new", tmp_path / "bird-songs", "--yes")
    assert code == 0
    assert f"Next: cd {tmp_path / 'bird-songs'} && make demo" in out
    assert (tmp_path / "bird-songs" / "src" / "bird_songs").is_dir()


def test_new_answers_a_program_with_one_json_object(run, tmp_path):
    words = ("--name", "Owls", "--package", "owl", "--license", "MIT", "--without", "ner", "--without", "api", "--json")
    code, out, _ = run("new", tmp_path / "x", *words)
    said = json.loads(out)
    assert code == 0
    assert said["answers"]["name"] == "owls"
    assert said["answers"]["without"] == ["api", "ner"]
    assert said["commit"] == git(tmp_path / "x", "rev-parse", "HEAD")
    assert "src/owl/__init__.py" in said["files"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--without", "nre"], "part 'nre' is unknown (did you mean 'ner'?)"),
        (["--license", "GPL"], "license 'GPL' is unknown; choose one of ['Apache-2.0', 'MIT', 'none']"),
        (["--name", "numpy"], "project name 'numpy' is refused"),
        (["--package", "json"], "it would hide a module of the standard library"),
    ],
)
def test_new_refuses_in_one_line_and_leaves_nothing(run, tmp_path, words, said):
    code, _, err = run("new", tmp_path / "x", *words)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_update_check_says_nothing_is_behind_then_that_something_is(run, tmp_path):
    run("new", tmp_path / "x", "--name", "owls", "--yes")
    assert run("update", tmp_path / "x", "--check")[:2] == (0, "up to date with seedbed 0.1.0\n")
    code, out, _ = run("update", tmp_path / "x", "--check", "--seedbed", "another")
    assert code == 1
    assert "changed  vendor/seedbed-0.1.0-py3-none-any.whl" in out
    assert out.endswith("2 files of seedbed 0.1.0 differ. Next: seedbed update\n")


def test_update_names_the_branch_and_exits_with_0_without_conflicts(run, tmp_path):
    run("new", tmp_path / "x", "--name", "owls", "--yes")
    code, out, _ = run("update", tmp_path / "x", "--seedbed", "another", "--json")
    said = json.loads(out)
    assert (code, said["branch"], said["conflicts"], said["up_to_date"]) == (0, "seedbed-update-0.1.0", [], False)
    git(tmp_path / "x", "merge", "--quiet", said["branch"])
    assert (tmp_path / "x" / "vendor" / "seedbed-0.1.0-py3-none-any.whl").read_bytes() == b"another"


def test_update_with_a_conflict_exits_with_1_and_says_how_to_go_on(run, tmp_path, monkeypatch):
    from seedbed.template import project

    run("new", tmp_path / "x", "--name", "owls", "--yes")
    (tmp_path / "x" / "m2m" / "README.md").write_text("# Mine\n")
    git(tmp_path / "x", "commit", "--all", "--quiet", "-m", "mine")
    original = project.render
    changed = {"m2m/README.md": b"# Theirs\n"}
    monkeypatch.setattr(project, "render", lambda *words, **how: {**original(*words, **how), **changed})
    code, out, _ = run("update", tmp_path / "x")
    assert code == 1
    assert "conflict  m2m/README.md" in out
    assert "Next: git switch seedbed-update-0.1.0" in out


def test_adopt_says_for_each_file_what_it_did(run, tmp_path):
    (tmp_path / "m2m").mkdir()
    (tmp_path / "m2m" / "README.md").write_text("mine\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "owls"\n')
    code, out, _ = run("adopt", tmp_path, "--yes")
    assert code == 0
    assert "written  pipelines/experiments/retrieval.py\n" in out
    assert "kept     m2m/README.md  (was there)\n" in out
    assert "by hand  pyproject.toml: add\n" in out
    assert (tmp_path / "m2m" / "README.md").read_text() == "mine\n"


def test_adopt_answers_a_program_with_one_json_object(run, tmp_path):
    (tmp_path / "owls").mkdir()
    said = json.loads(run("adopt", tmp_path / "owls", "--json")[1])
    assert said["kept"] == []
    assert said["by_hand"][".gitignore"] == [".seedbed/", ".env", "secrets/"]


def test_commands_stand_in_the_help():
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert names >= {"new", "adopt", "update"}


@pytest.mark.slow
def test_on_a_terminal_new_asks_with_defaults(tmp_path):
    primary, secondary = pty.openpty()
    wheel = tmp_path / "seedbed-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    program = "from seedbed.cli.app import main; main()"
    words = [sys.executable, "-c", program, "new", tmp_path / "owls", "--seedbed", wheel, "--no-git"]
    with subprocess.Popen(words, stdin=secondary, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asked:
        os.write(primary, b"\nhooting\nOwls at night.\nAda\nMIT\nner dvc\n")
        out, err = asked.communicate(timeout=60)
    assert asked.returncode == 0, out + err
    for question in (
        "Name [owls]",
        "Package to import [owls]",
        "License (Apache-2.0, MIT, none) [Apache-2.0]",
        "Leave out",
    ):
        assert question in out
    answers = json.loads((tmp_path / "owls" / "m2m" / "skeleton.json").read_text())["answers"]
    assert (answers["package"], answers["author"], answers["license"]) == ("hooting", "Ada", "MIT")
    assert answers["without"] == ["dvc", "ner"]
