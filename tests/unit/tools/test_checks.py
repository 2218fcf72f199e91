"""Test that each check sees what it is there for, and that all of them run whatever fails.

tests/unit/tools/test_checks.py - v0.1.0
"""

import re
import sys
import tomllib

import pytest
import yaml

from tools.bench import main as bench
from tools.check import CHECKS, Check
from tools.check import main as check
from tools.check_classes import num_classes
from tools.check_index_hosts import mentions
from tools.check_links import anchors, broken
from tools.check_lock import faults_in
from tools.project_files import ROOT

# Addresses are put together below, so that this file names none either.
HOST, SIMPLE, WHEEL, URL, TABLE = "https://index.example.org", "simple", "whl", "url", "tool.uv.index"
PYPROJECT = """
[project]
dependencies = ["Rich>=14", "torch>=2.8 ; sys_platform == 'linux'"]
[project.optional-dependencies]
dev = ["uvicorn[standard]>=0.30"]
"""
LOCK = """\
# made by uv
rich==14.1.0 \\
    --hash=sha256:aa
    # via seedbed (pyproject.toml)
torch==2.8.0 ; sys_platform == 'linux' \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via
    #   accelerate
    #   seedbed (pyproject.toml)
uvicorn==0.31.0 \\
    --hash=sha256:dd
    # via seedbed (pyproject.toml)
numpy==2.0.0 \\
    --hash=sha256:ee
    # via torch
"""


def test_a_lock_that_answers_the_project_has_no_faults():
    assert list(faults_in(PYPROJECT, LOCK)) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("rich==14.1.0", "rich==13.9.0", "Rich>=14 is locked at 13.9.0"),
        ("rich==14.1.0", "poor==14.1.0", "Rich is not locked"),
        ("    #   seedbed (pyproject.toml)\n", "", "torch is not locked"),
        (
            "    # via torch",
            "    # via seedbed (pyproject.toml)",
            "numpy is locked, but nothing in pyproject.toml asks for it",
        ),
        ("    --hash=sha256:ee\n", "", "numpy is locked without a hash"),
    ],
)
def test_a_lock_that_does_not_answer_says_why(before, after, fault):
    assert before in LOCK
    assert fault in list(faults_in(PYPROJECT, LOCK.replace(before, after)))


def test_a_requirement_that_is_raised_makes_the_lock_stale():
    assert list(faults_in(PYPROJECT.replace("Rich>=14", "Rich>=15"), LOCK)) == ["Rich>=15 is locked at 14.1.0"]


@pytest.mark.parametrize(
    "line",
    [
        f"url = {HOST}/{SIMPLE}/rich",
        f"{HOST}/packages/x.{WHEEL}",
        f"index.example.org/{SIMPLE}",
        f"--extra-index-url {HOST}/{WHEEL}/cpu",
        f"pip install --index-{URL} {HOST}/anything rich",
        f"[[{TABLE}]]",
        f'index-{URL} = "{HOST}"',
    ],
)
def test_a_package_index_is_seen(line):
    assert [number for number, _ in mentions(f"first\n{line}\n")] == [2]


@pytest.mark.parametrize(
    "line", ["pip install rich", "UV_DEFAULT_INDEX=<address> make", "https://index.example.org/project/rich"]
)
def test_what_names_no_package_index_passes(line):
    assert list(mentions(line)) == []


def test_links_that_lead_nowhere_are_seen(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.md").write_text("# First steps\n")
    (tmp_path / "README.md").write_text(
        "# Here\n[a](docs/guide.md#first-steps) [b](#here) [c](docs/gone.md) [d](docs/guide.md#last-steps)\n"
        "```\n[e](in-code.md)\n```\n`[f](in-code.md)` [g](https://example.org) ![h](gone.png)\n"
    )
    faults = [fault.split(":")[0] for fault in broken(tmp_path.joinpath("README.md").relative_to(tmp_path), tmp_path)]
    assert faults == ["docs/gone.md", "docs/guide.md#last-steps", "gone.png"]


def test_anchors_are_those_that_renderers_make():
    assert anchors("## The `make` words & more\n### 2. [Link](x.md) {#own}\n") == {"the-make-words--more", "own"}


def test_nested_classes_count():
    assert num_classes("class A:\n    class B:\n        class C: ...\ndef f():\n    class D: ...\n") == 4


def test_all_checks_run_and_the_failing_ones_speak(capsys):
    checks = (
        Check("first", (sys.executable, "-c", "raise SystemExit('first is wrong')")),
        Check("second", (sys.executable, "-c", "print('not shown')")),
    )
    assert check([], checks) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["FAIL", "first", "OK", "check:"]
    assert lines[1].strip() == "first is wrong"
    assert lines[-1] == "check: 1 of 2 failed"


def test_one_check_can_be_picked_and_an_unknown_one_names_the_known(capsys):
    assert check(["second"], (Check("first", ("false",)), Check("second", ("true",)))) == 0
    assert check(["third"]) == 2
    assert "choose from ['types'," in capsys.readouterr().err


def test_names_of_checks_are_unique():
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_benchmarks_all_run_and_a_missed_bar_shows(tmp_path, capfd):
    for name, exit_code in (("fast", 0), ("slow", 1), ("_shared", 1)):
        (tmp_path / f"{name}.py").write_text(f"print('{name} ran')\nraise SystemExit({exit_code})\n")
    assert bench(["fast"], tmp_path) == 0
    assert bench([], tmp_path) == 1
    assert bench(["gone"], tmp_path) == 2
    output = capfd.readouterr().out
    assert output.count("fast ran") == 2
    assert "_shared ran" not in output
    assert output.endswith("bench: missed its bar: slow\n")


def test_every_word_of_the_makefile_has_a_help_line():
    makefile = (ROOT / "Makefile").read_text()
    words = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    documented = [line.split(":")[0] for line in makefile.splitlines() if "## " in line and not line.startswith("\t")]
    assert documented == words


def test_the_suite_fails_below_85_percent_of_statements():
    makefile, project = (ROOT / "Makefile").read_text(), tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert re.search(r"^test:.*\n.*--cov\b", makefile, re.MULTILINE)
    assert project["tool"]["coverage"]["report"]["fail_under"] >= 85


def test_hooks_run_what_make_check_runs():
    hooks = [
        hook["entry"]
        for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
        for hook in repo["hooks"]
    ]
    [words] = [entry.split("tools.check ")[1].split() for entry in hooks if "tools.check " in entry]
    assert set(words) <= {check.name for check in CHECKS}
    assert "make check" in hooks
