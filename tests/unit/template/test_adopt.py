"""Test that adopting a project adds to it and changes nothing of it.

tests/unit/template/test_adopt.py - v0.1.0
"""

import ast
import re

import pytest

from seedbed.errors import UserError
from seedbed.experiments.discover import names_in
from seedbed.template.adopt import adopt, described
from seedbed.template.manifest import Manifest

PYPROJECT = '[project]\nname = "old-work"\ndescription = "Old."\nversion = "1"\ndependencies = ["numpy"]\n'


@pytest.fixture
def adopted(answers):
    return answers.model_copy(update={"name": "old-work", "package": "old_work", "adopted": True, "license": "none"})


@pytest.fixture
def old(tmp_path):
    """A project of somebody's, with files where the harness would put some."""
    folder = tmp_path / "old-work"
    (folder / "pipelines" / "experiments").mkdir(parents=True)
    (folder / "pipelines" / "experiments" / "retrieval.py").write_text("mine = 1\n")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / ".gitignore").write_text("build/\n.env\n")
    (folder / "uv.lock").write_text("mine\n")
    return folder


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_that_is_there_changes(old, adopted, library):
    before = everything(old)
    done = adopt(old, adopted, library)
    after = everything(old)
    assert {path: after[path] for path in before} == before
    assert set(done.written) == after.keys() - before.keys()
    assert done.kept == ("pipelines/experiments/retrieval.py",)
    assert set(done.written) >= {
        "m2m/skeleton.json",
        "pipelines/__init__.py",
        ".env.example",
        "data/corpus/corpus.jsonl",
    }


def test_lines_that_people_have_to_add_are_said_and_only_those(old, adopted, library):
    by_hand = adopt(old, adopted, library).by_hand
    assert by_hand[".gitignore"] == (".seedbed/", "secrets/")
    assert by_hand["pyproject.toml"][1].startswith('dependencies = ["seedbed[ner]==0.1.0"]')
    assert 'find-links = ["vendor"]' in by_hand["pyproject.toml"]


def test_nothing_is_to_be_added_where_it_stands(old, adopted, library):
    (old / ".gitignore").write_text(".seedbed\n.env\nsecrets/\n")
    (old / "pyproject.toml").write_text(
        '[project]\nname = "old-work"\ndependencies = ["seedbed[ner]"]\n[tool.uv]\nfind-links = ["vendor"]\n'
    )
    assert adopt(old, adopted, library).by_hand == {}


def test_project_without_pyproject_is_told_what_to_install(tmp_path, adopted, library):
    (tmp_path / "plain").mkdir()
    assert adopt(tmp_path / "plain", adopted, library).by_hand["requirements.txt"] == (
        "--find-links vendor", "seedbed[ner]==0.1.0",
    )  # fmt: skip


def test_example_of_an_adopted_project_needs_none_of_its_code(tmp_path, adopted, library):
    (tmp_path / "plain").mkdir()
    adopt(tmp_path / "plain", adopted, library)
    text = (tmp_path / "plain" / "pipelines" / "experiments" / "retrieval.py").read_text()
    ast.parse(text)
    assert "old_work" not in text
    assert "first_hit" not in text


def test_every_experiment_that_is_added_comes_with_its_data(tmp_path, adopted, library):
    (tmp_path / "plain").mkdir()
    written = adopt(tmp_path / "plain", adopted, library).written
    assert names_in(tmp_path / "plain") == ("retrieval",)
    text = (tmp_path / "plain" / "pipelines" / "experiments" / "retrieval.py").read_text()
    assert [path for path in re.findall(r'"(data/[^"]+)"', text) if not (tmp_path / "plain" / path).is_dir()] == []
    assert "data/corpus/qrels/test.tsv" in written


def test_name_and_description_come_from_pyproject(old, tmp_path):
    assert described(old) == {"name": "old-work", "description": "Old."}
    assert described(tmp_path) == {}


def test_project_is_adopted_once(old, adopted, library):
    adopt(old, adopted, library)
    assert Manifest.read(old).kept == ("pipelines/experiments/retrieval.py",)
    with pytest.raises(UserError, match="Next: seedbed update"):
        adopt(old, adopted, library)


def test_what_is_no_folder_and_what_is_no_toml_is_refused(tmp_path, old, adopted, library):
    with pytest.raises(UserError, match="Next, for a project that does not exist: seedbed new"):
        adopt(tmp_path / "nowhere", adopted, library)
    (old / "pyproject.toml").write_text("[project\n")
    with pytest.raises(UserError, match="is no TOML"):
        described(old)
