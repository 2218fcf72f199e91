"""Test that what is kept is described, and that what is described for machines is what there is.

tests/unit/tools/test_check_m2m.py - v0.1.0
"""

import ast
import json
import re

import pytest
from jsonschema import Draft202012Validator, ValidationError

from seedbed.corpora.document import Rejection
from seedbed.ner.answers import Filter, answers_of
from seedbed.ner.entity import Entity, Recognized
from seedbed.ner.jobs import Jobs
from tests.repositories import git
from tools.check_m2m import main, places, unnamed
from tools.project_files import ROOT, project_files
from tools.run_tags import TAGS

COLLECTIONS = json.loads((ROOT / "m2m" / "collections.schema.json").read_text())
NO_TAGS = {
    "seedbed.caller", "seedbed.encoders", "seedbed.experiments", "seedbed.files", "seedbed.json", "seedbed.jsonl",
    "seedbed.lock", "seedbed.run_id", "seedbed.status",
}  # fmt: skip
"""Packages, a group of entry points, files, what W&B is told, a key of a request, a tag of a registered model."""


@pytest.fixture
def project(tmp_path):
    """A project with a file that keeps things and a README that names them."""
    git(tmp_path, "init", "-q")
    (tmp_path / "m2m").mkdir()
    (tmp_path / "m2m" / "README.md").write_text("`README.md` `rows.db` and `files/<run>/`")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "keeps.py").write_text('a = settings.home / "rows.db"\nb = home.absolute() / "files/x"\n')
    return tmp_path


def test_a_place_that_the_readme_names_is_fine(project):
    assert places(project) == {"rows.db", "files"}
    assert main(project) == 0


@pytest.mark.parametrize(
    ("path", "text", "missing"),
    [
        ("src/more.py", 'x = self.home / "secret.db"', ".seedbed/secret.db"),
        ("src/more.py", '_FILE = "x.json"\ny = home / _FILE', ".seedbed/x.json"),
        ("src/more.py", 'LOG = Path("logs", "a")\ny = home / LOG', ".seedbed/logs"),
        ("m2m/rows.schema.json", "{}", "m2m/rows.schema.json"),
    ],
)
def test_a_place_or_file_that_the_readme_does_not_name_is_told(project, path, text, missing, capsys):
    (project / path).write_text(text)
    assert unnamed(project) == [missing]
    assert main(project) == 1
    assert missing in capsys.readouterr().out


def test_files_that_the_readme_lists_are_there():
    layout = (ROOT / "m2m" / "README.md").read_text().partition("## Layout")[2].partition("##")[0]
    listed = re.findall(r"^\| `([^`]+)` \|", layout, re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in project_files() if path.parts[0] == "m2m")


def test_every_state_path_of_the_architecture_page_is_described():
    state = (ROOT / "docs" / "architecture.md").read_text().partition("## State")[2].partition("\n## ")[0]
    named = (ROOT / "m2m" / "README.md").read_text()
    paths = {path.strip("/").partition("/")[0] for row in state.splitlines() for path in _first_cell(row)}
    assert len(paths) > 15
    assert [path for path in paths if f"`{path}" not in named] == []


def _first_cell(row):
    return re.findall(r"`([^`]+)`", row.split("|")[1]) if row.startswith("| `") else []


def test_every_tag_that_the_code_sets_is_described():
    files = [path for path in project_files() if path.suffix == ".py" and path.parts[0] in {"src", "pipelines"}]
    found = set()
    for path in files:
        if path.parts[:3] == ("src", "seedbed", "api"):  # opens no runs, and has names of its own
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"^seedbed\.[a-z_]+(?:\.[a-z_]+)*$", node.value))
    modules = {name for name in found if (ROOT / "src" / name.replace(".", "/")).exists()}
    modules |= {name for name in found if (ROOT / "src" / f"{name.replace('.', '/')}.py").exists()}
    families = tuple(name.removesuffix("*") for name in TAGS if name.endswith("*"))
    assert [
        name for name in sorted(found - modules - NO_TAGS) if name not in TAGS and not name.startswith(families)
    ] == []


def test_lines_of_files_are_what_their_schemas_say(tmp_path):
    def check(name, value):
        Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": COLLECTIONS["$defs"]}).validate(value)

    check("dead_letter", json.loads(Rejection(source="a.md", line=1, reason="empty").model_dump_json()))
    jobs = Jobs(tmp_path)
    job = jobs.create("ada", [("a", "Oslo"), ("b", None)], Filter(frozenset({"GPE"})))
    folder = tmp_path / "jobs" / "ner" / job.id
    check("ner_job", json.loads((folder / "job.json").read_text()))
    for line in (folder / "items.jsonl").read_text().splitlines():
        check("ner_item", json.loads(line))
    found = Recognized((Entity("Oslo", "GPE", 0, 4, 0, None),), 1, False)
    for answer in answers_of([("a", "Oslo"), ("b", None)], [None, "no string"], [found]):
        check("ner_result", answer)
    with pytest.raises(ValidationError):
        check("dead_letter", {"source": "a.md"})


def test_the_check_is_green_here():
    assert unnamed() == []
