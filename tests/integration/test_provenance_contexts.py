"""Check that code and program are told right from wherever a run can start.

tests/integration/test_provenance_contexts.py - v0.1.0

The console script and the whole way through the store: tests/e2e/test_reproduce_command.py, test_tracking_entry.py;
a worker of Prefect: test_prefect_deployment.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.tracking.provenance import collect
from tests.repositories import git

SOURCE = Path(__file__).parents[2] / "src"
TELL = "from seedbed.tracking.provenance import collect; import json; print(json.dumps(collect().tags()))\n"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "__main__.py").write_text(TELL)
    (folder / ".gitignore").write_text("__pycache__/\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a state")
    return folder


def told(folder: Path, *command: str, **variables: str) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": str(SOURCE)} | variables
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=True)
    return {name.removeprefix("seedbed."): text for name, text in json.loads(done.stdout).items()}


def test_console_script_brings_the_code_of_the_current_folder(project):
    script = Path(sys.prefix) / "bin" / "told-by-a-test"
    script.write_text(f"#!{sys.executable}\n{TELL}")
    try:
        tags = told(project, sys.executable, str(script))
    finally:
        script.unlink()
    assert (tags["entry"], tags["git.commit"]) == ("console script", git(project, "rev-parse", "HEAD"))


def test_module_brings_the_code_of_its_package(project):
    tags = told(project, sys.executable, "-m", "package")
    assert (tags["entry"], tags["git.commit"], tags["git.dirty"]) == (
        "module",
        git(project, "rev-parse", "HEAD"),
        "false",
    )


def test_notebook_brings_the_code_of_its_folder(project):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{TELL}")]
    )
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(project)}}
    ).execute()
    tags = json.loads(notebook.cells[0].outputs[0]["text"])
    assert (tags["seedbed.entry"], tags["seedbed.git.commit"]) == ("notebook", git(project, "rev-parse", "HEAD"))


def test_pytest_brings_the_code_of_the_current_folder(project, monkeypatch):
    monkeypatch.chdir(project)
    tags = collect().tags()
    assert (tags["seedbed.entry"], tags["seedbed.git.commit"]) == ("pytest", git(project, "rev-parse", "HEAD"))


def test_outside_a_repository_it_is_said_why_there_is_no_commit(tmp_path):
    tags = told(tmp_path, sys.executable, "-c", TELL, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert "not a git repository" in tags["git.problem"]
    assert "git.commit" not in tags


def test_shallow_clone_has_its_commit(project, tmp_path):
    git(project, "commit", "-q", "--allow-empty", "-m", "later")
    git(tmp_path, "clone", "-q", "--depth", "1", project.as_uri(), "shallow")
    tags = told(tmp_path / "shallow", sys.executable, "-m", "package")
    assert (tags["git.commit"], tags["git.dirty"]) == (git(project, "rev-parse", "HEAD"), "false")


def test_changed_submodule_makes_the_tree_dirty_and_is_in_the_difference(project, tmp_path):
    git(tmp_path, "init", "-q", "part")
    (tmp_path / "part" / "code.py").write_text("A = 1\n")
    git(tmp_path / "part", "add", "-A")
    git(tmp_path / "part", "commit", "-q", "-m", "part")
    git(project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "part"), "part")
    git(project, "commit", "-q", "-m", "with a part")
    assert told(project, sys.executable, "-m", "package")["git.dirty"] == "false"
    (project / "part" / "code.py").write_text("A = 2\n")
    tags = told(project, sys.executable, "-m", "package")
    assert tags["git.dirty"] == "true"
    assert tags["git.diff_digest"]
    assert b"+A = 2" in collect(project).code.diff
