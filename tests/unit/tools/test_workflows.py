"""Test that the workflows say what people say, and run nobody's moving target.

tests/unit/tools/test_workflows.py - v0.1.0
"""

import re

import pytest
import yaml

from tools.project_files import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_by_their_commit(file):
    lines = [line.strip().removeprefix("- ") for line in file.read_text().splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_words_of_make_are_words_of_the_makefile(file):
    words = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"run: make ([a-z-]+)", file.read_text()))
    assert used <= words


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_may_read_and_nothing_else_and_ends_by_itself(file):
    described = yaml.safe_load(file.read_text())
    assert described["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in described["jobs"].values())


def test_the_servers_that_ci_tests_with_are_those_of_the_compose_files():
    composed = {image for file in ROOT.glob("compose*.yml") for image in re.findall(r"image: (\S+)", file.read_text())}
    used = {image for file in WORKFLOWS for image in re.findall(r"\bimage: (\S+)", file.read_text())}
    assert used
    assert used <= composed


def test_the_stack_is_tried_when_anything_changes_that_its_images_and_its_trial_are_made_of():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "containers.yml").read_text())
    watched = [each.partition("*")[0].rstrip("/") for each in workflow[True]["pull_request"]["paths"]]
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    not_code = {"LICENSE", "README.md", ".gitignore", ".python-version", ".env.example"}
    used = {*sent, "tools/journey.py", ".dockerignore", "compose.yml", "Dockerfile.gpu"} - not_code
    assert [each for each in sorted(used) if not each.startswith((*watched, ".dvc", ".github"))] == []
