"""Make a project with an older skeleton, use it as people do, bring it up to date, use it again.

tests/e2e/test_template.py - v0.1.0

The older seedbed is a wheel of this checkout whose skeleton differs in five files. Packages come from uv's cache where
they are in it; the project's own environment holds nothing but wheels.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from seedbed.template.library import build_wheel
from tests.repositories import git

ROOT = Path(__file__).parents[2]
NAME = "seedbed-0.1.0-py3-none-any.whl"
SKELETON = "seedbed/template/skeleton"
OLDER = {
    "README.md": ("They need Python", "It needs Python"),
    "Makefile": ("say what each word does", "list the words"),
    "docs/index.md": ("a negative result is a result", "write all of them down"),
    "pyproject.toml": ('"pytest-timeout>=2.4",', '"pytest-timeout>=2.3",'),
    "src/package/first_hit.py": ("An example of a metric of your own", "A metric of your own"),
}
EDITS = {
    "README.md": ("# bird-songs\n", "# Songs of birds\n"),
    "Makefile": ("runs: setup", "songs: ## sing\n\t@echo la la\n\nruns: setup"),
    "docs/index.md": ("| Does the packaged encoder find our notes? |", "| Do they sing at night? |"),
    "pyproject.toml": ("moves the one above.\n", 'moves the one above.\n    "numpy>=2",\n'),
    "src/bird_songs/first_hit.py": ("    firsts = [", "    # An empty ranking is no hit.\n    firsts = ["),
}
OWN = '''"""Throw a die."""
from pydantic import BaseModel, ConfigDict
from seedbed.tracking.run import Run

class DieConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    num_throws: int = 100

def die(config: DieConfig, run: Run) -> dict[str, float]:
    """Throw a die."""
    return {"mean": float(run.seeds.generator("throws").integers(1, 7, config.num_throws).mean())}
'''

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def do(folder: Path, *command: str | Path, **environment: str) -> str:
    """Return what a command prints, run as by somebody who works in the folder and has no settings."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("SEEDBED_", "PYTHON", "VIRTUAL"))
    }
    who = {f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        command, cwd=folder, env=clean | who | environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def unpacked(wheel: Path, folder: Path) -> Path:
    """Return the folder of an unpacked wheel: what an installed one is, in an environment that has the rest."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def seedbed_of(packages: Path, folder: Path, *words: str | Path) -> str:
    """Return what the seedbed in a folder of packages prints."""
    program = f"import seedbed; assert seedbed.__file__.startswith({str(packages)!r}), seedbed.__file__; "
    program += "from seedbed.cli.app import main; main()"
    return do(folder, sys.executable, "-c", program, *words, PYTHONPATH=str(packages))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with the wheel of today, and one whose skeleton is older."""
    folder = tmp_path_factory.mktemp("template")
    for each in ("now", "older", "home"):
        (folder / each).mkdir()
    (folder / "now" / NAME).write_bytes(build_wheel(ROOT).wheel)
    with zipfile.ZipFile(folder / "now" / NAME) as now, zipfile.ZipFile(folder / "older" / NAME, "w") as older:
        for member in now.infolist():
            content = now.read(member)
            for path, (today, then) in OLDER.items():
                if member.filename == f"{SKELETON}/{path}.j2":
                    assert today.encode() in content, path
                    content = content.replace(today.encode(), then.encode())
            older.writestr(member, content)
    return folder


@pytest.fixture(scope="module")
def project(place) -> Path:
    """A project made by the older wheel."""
    packages = unpacked(place / "older" / NAME, place / "older" / "packages")
    seedbed_of(packages, place, "new", place / "bird-songs", "--yes", "--seedbed", place / "older" / NAME)
    return place / "bird-songs"


def test_wheel_and_checkout_make_the_same_project_byte_for_byte(place):
    packages = unpacked(place / "now" / NAME, place / "now" / "packages")
    by_wheel = ["new", place / "by-wheel", "--name", "owls", "--yes", "--no-git", "--seedbed", place / "now" / NAME]
    seedbed_of(packages, place, *by_wheel)
    do(
        place,
        Path(sys.executable).with_name("seedbed"),
        "new",
        place / "by-checkout",
        "--name",
        "owls",
        "--yes",
        "--no-git",
    )
    one, other = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (place / "by-wheel", place / "by-checkout")
    )
    assert len(one) > 40
    assert one == other


def test_project_runs_its_demo_and_its_tests_and_says_where_the_result_came_from(project):
    said = do(project, "make", "demo")
    assert "first_hit" in said
    assert git(project, "rev-parse", "HEAD") in said
    assert "Report: " in said
    assert "1 of 1 runs can be reviewed" in do(project, project / ".venv" / "bin" / "seedbed", "audit")
    assert do(project, project / ".venv" / "bin" / "seedbed", "update", "--check").startswith("up to date")
    assert " passed" in do(project, "make", "test")
    assert git(project, "status", "--porcelain") == ""


def test_project_makes_its_run_again_and_its_stage_once(project):
    seedbed = project / ".venv" / "bin" / "seedbed"
    run = json.loads(do(project, seedbed, "runs", "--json"))["runs"][-1]["run_id"]
    assert "reproduced bit for bit" in do(project, seedbed, "reproduce", run)
    dvc = project / ".venv" / "bin" / "dvc"
    assert "Running stage 'retrieval'" in do(project, dvc, "repro")
    assert "didn't change, skipping" in do(project, dvc, "repro")
    git(project, "add", ".")
    assert git(project, "diff", "--cached", "--name-only").splitlines() == ["dvc.lock", "results/retrieval.json"]
    git(project, "commit", "--quiet", "-m", "a result")


def test_adopted_project_runs_its_one_example(project, place):
    (place / "old-work").mkdir()
    seedbed = project / ".venv" / "bin" / "seedbed"
    do(place, seedbed, "adopt", "old-work", "--yes", "--seedbed", project / "vendor" / NAME)
    run, home = [seedbed, "run", "retrieval", "--seed", "7", "--json"], project / ".seedbed"  # has the model
    result = json.loads(do(place / "old-work", *run, SEEDBED_HOME=str(home)))
    assert result["metrics"]["recall_at_10"] == 1


def test_from_the_wheel_alone_help_new_and_run_of_a_file_work(project, place):
    do(project, "make", "setup")
    seedbed = project / ".venv" / "bin" / "seedbed"
    installed = do(place, project / ".venv" / "bin" / "python", "-c", "import seedbed; print(seedbed.__file__)")
    assert Path(installed.strip()).is_relative_to(project / ".venv")
    outside = place / "outside"
    outside.mkdir()
    (outside / "die.py").write_text(OWN)
    assert "adopt" in do(outside, seedbed, "--help")
    do(outside, seedbed, "new", "second", "--yes", "--seedbed", project / "vendor" / NAME)
    assert (outside / "second" / "vendor" / NAME).read_bytes() == (place / "older" / NAME).read_bytes()
    result = json.loads(
        do(outside, seedbed, "run", "die.py:die", "--seed", "7", "--json", SEEDBED_HOME=str(place / "home"))
    )
    assert result["metrics"]["mean"] == pytest.approx(3.5, abs=1)


def test_update_keeps_edits_in_five_files_and_the_tests_pass_again(project):
    for path, (old, new) in EDITS.items():
        text = (project / path).read_text()
        assert old in text, path
        (project / path).write_text(text.replace(old, new))
    git(project, "commit", "--all", "--quiet", "-m", "edits")
    said = json.loads(do(project, Path(sys.executable).with_name("seedbed"), "update", "--json"))
    assert said["conflicts"] == []
    git(project, "merge", "--quiet", said["branch"])
    for path, (_, mine) in EDITS.items():
        assert mine in (project / path).read_text(), path
    for path, (today, then) in OLDER.items():
        text = (project / path.replace("package", "bird_songs", 1)).read_text()
        assert today in text, path
        assert then not in text, path
    assert " passed" in do(project, "make", "test", "ARGS=-k 'not documents and not training'")
    assert " passed" in do(project, "make", "notebooks")
    assert do(project, project / ".venv" / "bin" / "seedbed", "update", "--check").startswith("up to date")
    shutil.rmtree(project / ".venv")  # gigabytes, of which pytest keeps three
