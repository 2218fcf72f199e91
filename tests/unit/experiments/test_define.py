"""State what counts as an experiment and what people read when something is none.

tests/unit/experiments/test_define.py - v0.1.0
"""

import sys
from pathlib import Path

import pytest

from seedbed.errors import UserError
from seedbed.experiments.define import load
from seedbed.experiments.discover import functions_in, names_in, project_folder, summaries_in

HEAD = """
from collections.abc import Mapping
from pydantic import BaseModel, ConfigDict
from seedbed.tracking.run import Run

class Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    size: int = 3

class Loose(BaseModel):
    size: int = 3

"""
GOOD = '''
def {name}(config: Config, run: Run) -> Mapping[str, float]:
    """Measure a thing.

    At length.
    """
    return {{"size": config.size}}
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own, not the one under test."""
    folder = tmp_path / "project" / "pipelines" / "experiments"
    folder.mkdir(parents=True)
    for package in (folder.parent, folder):
        (package / "__init__.py").touch()
    (folder / "mine.py").write_text(HEAD + GOOD.format(name="mine"))
    (folder / "other.py").write_text(HEAD + GOOD.format(name="other"))
    (folder / "_private.py").write_text("x = 1")
    loaded = {name for name in sys.modules if name.partition(".")[0] == "pipelines"}
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    yield tmp_path / "project"
    for name in [name for name in sys.modules if name.partition(".")[0] == "pipelines"]:
        del sys.modules[name]


def write(tmp_path, body):
    path = tmp_path / "file.py"
    path.write_text(HEAD + body)
    return path


def test_experiment_is_found_by_name(project):
    experiment = load("mine", project)

    assert (experiment.name, experiment.summary) == ("mine", "Measure a thing.")
    assert experiment.config_model.model_fields.keys() == {"size"}
    assert experiment.source == project / "pipelines" / "experiments" / "mine.py"


def test_experiment_of_two_words_is_found_as_commands_are_written(project):
    (project / "pipelines" / "experiments" / "two_words.py").write_text(HEAD + GOOD.format(name="two_words"))

    assert load("two-words", project).name == load("two_words", project).name == "two_words"


def test_experiment_is_found_by_file_and_function(tmp_path, monkeypatch):
    path = write(tmp_path, GOOD.format(name="mine") + GOOD.format(name="second"))
    monkeypatch.chdir(tmp_path)

    assert load("file.py:second", None).name == "second"
    experiment = load(f"{path}:mine", None)
    assert experiment.function(experiment.config_model(), None) == {"size": 3}


def test_file_may_import_its_neighbour(tmp_path):
    (tmp_path / "neighbour_of_test.py").write_text("SIZE = 4")
    path = write(tmp_path, "from neighbour_of_test import SIZE\n" + GOOD.format(name="mine"))

    assert load(f"{path}:mine", None).name == "mine"


def test_project_folder_is_the_nearest_one_above(project):
    below = project / "notebooks" / "deep"
    below.mkdir(parents=True)

    assert project_folder(below) == project.resolve()
    assert project_folder(Path("/")) is None


def test_experiments_are_listed_without_importing_them(project):
    (project / "pipelines" / "experiments" / "broken.py").write_text(
        'import missing\ndef broken(config, run):\n    "Cannot."'
    )

    assert names_in(project) == ("broken", "mine", "other")
    assert summaries_in(project) == {"broken": "Cannot.", "mine": "Measure a thing.", "other": "Measure a thing."}


def test_unknown_name_names_the_nearest(project):
    with pytest.raises(
        UserError, match=r"'mien' is unknown \(did you mean 'mine'\?\); choose one of \['mine', 'other'\]"
    ):
        load("mien", project)


@pytest.mark.parametrize("folder", [None, Path("/nowhere")])
def test_name_outside_a_project_is_refused_with_the_way_out(folder):
    with pytest.raises(
        UserError, match=r"no folder pipelines/experiments/ .*seedbed run path/to/file.py:my_experiment"
    ):
        load("mine", folder)


def test_package_of_the_same_name_elsewhere_is_noticed(project, tmp_path):
    load("mine", project)
    second = tmp_path / "second" / "pipelines" / "experiments"
    second.mkdir(parents=True)
    (second / "mine.py").write_text(HEAD + GOOD.format(name="mine"))

    with pytest.raises(UserError, match="another package is named 'pipelines'"):
        load("mine", tmp_path / "second")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("def mine(config): ...", "does not take .config, run.", id="one parameter"),
        pytest.param("def mine(config: Config, run: Run, more: int): ...", "does not take .config, run.", id="three"),
        pytest.param("def mine(config, run): ...", "does not say its config model", id="no annotation"),
        pytest.param("def mine(config: dict, run): ...", "does not say its config model", id="a dict"),
        pytest.param("def mine(config: Loose, run): ...", "'Loose' of .* is not frozen", id="not frozen"),
        pytest.param("def mine(config: 'Nowhere', run): ...", "annotation that cannot be read", id="unknown type"),
        pytest.param("def mine(config: Config, run):\n    yield 1", "a plain function", id="generator"),
        pytest.param("def mien(config: Config, run): ...", "unknown .did you mean 'mien'", id="other name"),
        pytest.param("def mine(config: Config, run): ...\nmine = 3", "has no function 'mine'", id="not a function"),
        pytest.param(
            "import nothing_of_this_name\ndef mine(): ...", r"file.py:\d+ does not import: Module", id="missing"
        ),
        pytest.param("def mine(): ...\n1 / 0", r"file.py:\d+ does not import: ZeroDivisionError", id="fails on import"),
        pytest.param("def mine(:", r"file.py:\d+ is not Python", id="syntax"),
    ],
)
def test_what_is_no_experiment_is_refused_in_one_line(tmp_path, body, words):
    path = write(tmp_path, body)

    with pytest.raises(UserError, match=words) as caught:
        load(f"{path}:mine", None)

    assert "\n" not in str(caught.value)


def test_missing_file_and_missing_function_are_said(tmp_path):
    path = write(tmp_path, GOOD.format(name="mine"))

    with pytest.raises(UserError, match="there is no file"):
        load(f"{tmp_path}/missing.py:mine", None)
    with pytest.raises(UserError, match=r"names no function; choose one of \['mine'\]"):
        load(str(path), None)


def test_private_functions_are_not_offered(tmp_path):
    assert list(functions_in(write(tmp_path, "def _helper(): ...\ndef mine(): ..."))) == ["mine"]
