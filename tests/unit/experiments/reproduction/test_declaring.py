"""Test what a tree declares without being installed.

tests/unit/experiments/reproduction/test_declaring.py - v0.1.0
"""

from importlib.metadata import distributions

import pytest

from seedbed.experiments.reproduction.declaring import declare

PROJECT = """
[project]
name = "Bird-Songs"
version = "0.2.0"
[project.entry-points."seedbed.corpora"]
songs = "bird_songs:Songs"
[project.entry-points.spacy_factories]
birds = "bird_songs:birds"
"""


def test_entry_points_of_a_tree_are_found_in_the_version_that_was_installed_then(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    for number, (versions, version) in enumerate([({"bird-songs": "0.1.0"}, "0.1.0"), ({}, "0.2.0")]):
        [folder] = declare(tmp_path, versions, tmp_path / str(number))
        [found] = distributions(path=[str(folder)])
        assert (found.name, found.version) == ("Bird-Songs", version)
        assert {(each.group, each.name, each.value) for each in found.entry_points} == {
            ("seedbed.corpora", "songs", "bird_songs:Songs"),
            ("spacy_factories", "birds", "bird_songs:birds"),
        }


@pytest.mark.parametrize(
    "text", ["", "[project]\nname = 'a'\n", "no TOML", "[project]\nname = 'a'\nentry-points = 1\n"]
)
def test_tree_that_declares_nothing_needs_nothing(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    assert declare(tmp_path, {}, tmp_path / "declared") == []
    assert not (tmp_path / "declared").exists()
