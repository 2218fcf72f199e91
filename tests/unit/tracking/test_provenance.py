"""Check that provenance is complete, comparable and the same however often it is asked for.

tests/unit/tracking/test_provenance.py - v0.1.0
"""

import importlib.metadata
import re
import subprocess
import time

import pytest

from seedbed.digests import digest_file
from seedbed.plugins import Plugin
from seedbed.tracking.provenance import Provenance, collect, installed_packages
from tests.repositories import git


@pytest.fixture
def project(tmp_path):
    for command in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "start"]):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, "-C", str(tmp_path), *command], check=True, timeout=30)
    (tmp_path / "uv.lock").write_text("numpy==2.0\n")
    return tmp_path


def test_provenance_names_code_command_environment_and_machine(project):
    found = collect(project)
    assert found.code.root == str(project)
    assert found.lock_digest == digest_file(project / "uv.lock")
    assert found.command
    assert found.packages["numpy"] == importlib.metadata.version("numpy")
    assert found.hardware.hardware_class() == found.tags()["seedbed.hardware_class"]


def test_tags_are_searchable_facts_and_no_empty_ones(project):
    tags = collect(project).tags()
    assert re.fullmatch(r"[0-9a-f]{40}", tags["seedbed.git.commit"])
    assert (tags["seedbed.git.branch"], tags["seedbed.git.dirty"]) == ("main", "true")
    assert all(tags.values())
    assert all(len(text) <= 4000 for text in tags.values())


def test_outside_a_repository_the_tags_say_why_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    tags = collect(tmp_path).tags()
    assert "not a git repository" in tags["seedbed.git.problem"]
    assert not {"seedbed.git.commit", "seedbed.git.dirty", "seedbed.lock_digest"} & tags.keys()


def test_lock_of_the_project_counts_from_a_subfolder_too(project):
    (project / "src").mkdir()
    assert collect(project / "src").lock_digest == digest_file(project / "uv.lock")


def test_equal_surroundings_have_equal_digests_and_a_changed_version_another(project):
    one = collect(project)
    assert one.packages_digest == collect(project).packages_digest
    other = one.model_copy(update={"packages": dict(one.packages) | {"numpy": "0.0"}})
    assert other.packages_digest != one.packages_digest


def test_every_distribution_that_the_metadata_knows_is_listed_with_its_version():
    known = {
        re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version
        for found in importlib.metadata.distributions()
    }
    assert installed_packages() == known


def test_provenance_survives_being_written_and_keeps_the_diff_out(project):
    found = collect(project)
    text = found.model_dump_json()
    assert "numpy==2.0" not in text
    assert found.code.diff
    assert Provenance.model_validate_json(text).tags() == found.tags()


def test_a_run_can_afford_it(project):
    collect(project)
    took = []
    for _ in range(3):
        started = time.perf_counter()
        collect(project)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.5


def test_plugin_of_another_repository_is_named_by_its_commit_and_one_that_is_installed_by_its_version(
    project, tmp_path_factory, monkeypatch
):
    other = tmp_path_factory.mktemp("other")
    (other / "verbose_words").mkdir()
    (other / "verbose_words" / "__init__.py").write_text("raise SystemExit('it is not imported')")
    git(other, "init", "-q")
    git(other, "add", "-A")
    git(other, "commit", "-q", "-m", "one")
    monkeypatch.syspath_prepend(other)
    plugin = Plugin("corpus", "words", "verbose_words.corpora:Words", "verbose_words", "1.5")
    [named] = collect(project, plugins=[plugin]).plugins
    assert (
        named.fact
        == f"words = verbose_words.corpora:Words, verbose_words 1.5, commit {git(other, 'rev-parse', 'HEAD')}"
    )
    (other / "verbose_words" / "more.py").touch()
    [changed] = collect(project, plugins=[plugin]).plugins
    assert changed.fact == f"{named.fact} and {changed.diff_digest}"
    [inside] = collect(other, plugins=[plugin]).plugins
    assert (inside.in_tree, inside.fact) == (
        True,
        "words = verbose_words.corpora:Words, verbose_words 1.5, in this repository",
    )
    [installed] = collect(project, plugins=[plugin._replace(target="numpy:Words")]).plugins
    assert installed.fact == "words = numpy:Words, verbose_words 1.5"
    [gone] = collect(project, plugins=[plugin._replace(target="nowhere.at.all:Words")]).plugins
    assert gone.fact == "words = nowhere.at.all:Words, verbose_words 1.5"
    assert collect(project, plugins=[plugin]).tags()["seedbed.plugin.corpus"] == changed.fact
