"""Test what projects consist of, whole and with each part left out.

tests/unit/template/test_render.py - v0.1.0
"""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from pipelines.experiments.retrieval import RetrievalConfig
from seedbed.api.routes.ner_jobs import DEPLOYMENT
from seedbed.serving.catalogue import load_catalogue
from seedbed.template.answers import PARTS, Answers
from seedbed.template.library import Library
from seedbed.template.project import whole_project, write_files
from seedbed.template.render import render
from seedbed.template.source import OF_PART, READ, SHARED, skeleton_files
from tools.check_compose import file_faults
from tools.check_headers import carries_header, faults_in
from tools.check_index_hosts import mentions

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
WITHOUT: tuple[tuple[str, ...], ...] = ((), *((part,) for part in PARTS), tuple(PARTS))
TRACES = {
    "api": r"serve api|make serve|^serve:|API__KEY|\bapi:",
    "containers": r"docker|compose|Dockerfile",
    "dvc": r"\bdvc\b|DVC",
    "llm": r"\bllm\b|ollama|vllm|language model",
    "ner": r"\bner\b|ner_train|data/ner",
}


def rendered(answers: Answers, *without: str) -> dict[str, str]:
    chosen = Answers.model_validate(answers.model_dump() | {"without": without})
    return {path: content.decode() for path, content in render(chosen, "0.1.0", vendored=True).items()}


def test_a_project_has_at_most_forty_files(answers):
    assert len(rendered(answers)) <= 40


@pytest.mark.parametrize("without", WITHOUT, ids=lambda each: "-".join(each) or "whole")
def test_every_file_can_be_read_by_its_tool(answers, without):
    for path, text in rendered(answers, *without).items():
        if path.endswith(".py"):
            ast.parse(text, path)
        elif path.endswith(".toml"):
            tomllib.loads(text)
        elif path.endswith((".yml", ".yaml")):
            yaml.safe_load(text)
        elif path.endswith((".json", ".ipynb")):
            json.loads(text)
        assert "{%" not in text
        assert text.endswith("\n")
        assert not re.search(r"\n\n\n\n|[ \t]\n(?!\n*\*)", text) or path in ("LICENSE", "tools/setup.sh"), path
        assert list(mentions(text)) == []


@pytest.mark.parametrize("without", WITHOUT, ids=lambda each: "-".join(each) or "whole")
def test_every_header_is_one_that_this_repository_would_take(answers, without, tmp_path):
    files = rendered(answers, *without)
    write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    faults = {
        path: found
        for path, text in files.items()
        if carries_header(Path(path), text) and (found := list(faults_in(Path(path), text, root=tmp_path)))
    }
    assert faults == {}


@pytest.mark.parametrize("part", PARTS)
def test_nothing_of_a_part_that_is_left_out_remains(answers, part, library):
    chosen = Answers.model_validate(answers.model_dump() | {"without": (part,)})
    whole, less = (whole_project(each, library).edited for each in (answers, chosen))
    gone = whole.keys() - less.keys()
    assert {path for path in whole if path.startswith(OF_PART[part] or ("-",))} == gone
    traces = {
        path: found.group()
        for path, content in less.items()
        if path not in SHARED and (found := re.search(TRACES[part], content.decode(), re.MULTILINE | re.IGNORECASE))
    }
    assert traces == {}


@pytest.mark.parametrize(("part", "package"), [("dvc", "dvc"), ("ner", "faker")])
def test_packages_of_a_part_that_is_left_out_are_not_locked(answers, part, package, library):
    chosen = Answers.model_validate(answers.model_dump() | {"without": (part,)})
    whole, less = (whole_project(each, library).made["uv.lock"].decode() for each in (answers, chosen))
    assert f"\n{package}==" in whole
    assert f"\n{package}==" not in less


@pytest.mark.parametrize("without", WITHOUT, ids=lambda each: "-".join(each) or "whole")
def test_python_is_formatted_and_linted_by_the_projects_own_rules(answers, without, tmp_path):
    write_files(tmp_path, {path: text.encode() for path, text in rendered(answers, *without).items()})
    for words in (["format", "--check"], ["check", "--no-cache"]):
        done = subprocess.run([BIN / "ruff", *words, "."], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["a", "zebra", "seed", "seedbeds"])
def test_imports_are_sorted_whatever_the_package_is_called(answers, package, tmp_path):
    chosen = answers.model_copy(update={"package": package})
    write_files(tmp_path, render(chosen, "0.1.0", vendored=False))
    done = subprocess.run([BIN / "ruff", "check", "--no-cache", "."], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_containers_follow_the_rules_of_this_repositorys(answers, tmp_path):
    files = rendered(answers)
    assert list(file_faults("compose.yml", files["compose.yml"])) == []
    (tmp_path / "compose.yml").write_text(files["compose.yml"])
    (tmp_path / "Dockerfile").write_text(files["Dockerfile"])
    for command in (
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yml"],
        ["hadolint", "Dockerfile"],
    ):
        done = subprocess.run([BIN / command[0], *command[1:]], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("without", WITHOUT, ids=lambda each: "-".join(each) or "whole")
def test_ner_jobs_of_the_api_are_deployed_where_there_is_an_api_and_ner(answers, without):
    files = rendered(answers, *without)
    flow, name = DEPLOYMENT.split("/")
    by_name = {each["name"]: each for each in yaml.safe_load(files["prefect.yaml"])["deployments"]}
    assert (name in by_name) == ("api" not in without and "ner" not in without)
    for deployment in by_name.values():
        assert deployment["entrypoint"].partition(":")[0] in files
    if name in by_name:
        assert f'@flow(name="{flow}"' in files[by_name[name]["entrypoint"].partition(":")[0]]


def test_example_takes_the_settings_that_documentation_shows(answers):
    adopted = answers.model_copy(update={"adopted": True})  # whose example imports nothing of the project
    scope: dict[str, object] = {"__name__": "example"}
    exec(rendered(adopted)["pipelines/experiments/retrieval.py"], scope)
    ours, theirs = (each.model_json_schema()["properties"] for each in (RetrievalConfig, scope["RetrievalConfig"]))
    assert {name: theirs[name] for name in ("search", "top_k")} == {name: ours[name] for name in ("search", "top_k")}


def test_vllm_serves_by_default_the_chat_model_of_the_catalogue_under_its_logical_name(answers, tmp_path):
    service = yaml.safe_load(rendered(answers)["compose.yml"])["services"]["vllm"]
    words = service["command"].removeprefix("${LLM_ARGUMENTS:-").removesuffix("}").split()
    chat = load_catalogue(ROOT).find("chat").gpu
    assert words[0] == chat.model
    assert words[1::2] + words[2::2] == [
        *("--served-model-name", "--revision", "--dtype", "--max-model-len", "--gpu-memory-utilization"),
        *("--host", "--port", "chat", chat.revision, chat.dtype, str(chat.max_model_len)),
        *(str(chat.gpu_memory_utilization), "0.0.0.0", "11434"),
    ]


def test_extras_that_pyproject_names_are_extras_of_seedbed(answers):
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.search(r'"seedbed\[(\w+)\]" \(([\w, ]+)\)', rendered(answers)["pyproject.toml"])
    assert named is not None
    assert {named[1], *named[2].split(", ")} <= ours.keys()


def test_demo_that_fails_says_why_and_nothing_else(answers, tmp_path):
    write_files(tmp_path, render(answers, "0.1.0", vendored=True))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name, line in {".venv/bin/seedbed": "echo 'seedbed: no room' >&2; exit 1", "tools/setup.sh": "exit 0"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    done = subprocess.run(
        [shutil.which("make") or "make", "--no-print-directory", "demo"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == "seedbed: no room"
    assert "Traceback" not in done.stderr


def test_what_stands_in_both_places_is_the_same(answers):
    files = rendered(answers)
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert tomllib.loads(files["pyproject.toml"])["tool"]["prefect"] == ours["tool"]["prefect"]
    images = re.compile(r"(?:image: |PYTHON_IMAGE=)((?:qdrant|ollama|python)\S+)")
    here = {found for path in ROOT.glob("compose*.yml") for found in images.findall(path.read_text())}
    here |= set(images.findall((ROOT / "Dockerfile").read_text()))
    assert set(images.findall(files["compose.yml"] + files["Dockerfile"])) <= here
    actions = re.compile(r"uses: (\S+)")
    assert set(actions.findall(files[".github/workflows/ci.yml"])) <= set(
        actions.findall((ROOT / ".github/workflows/ci.yml").read_text())
    )


def test_words_of_the_makefile_are_those_of_this_repository(answers):
    words = re.compile(r"^([a-z]+):", re.MULTILINE)
    assert set(words.findall(rendered(answers)["Makefile"])) <= set(words.findall((ROOT / "Makefile").read_text()))


def test_versions_that_a_project_asks_for_are_those_that_this_repository_asks_for(answers):
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {line for some in ours["optional-dependencies"].values() for line in some}
    theirs = tomllib.loads(rendered(answers)["pyproject.toml"])["project"]["optional-dependencies"]
    assert {line for some in theirs.values() for line in some} - known == set()


def test_a_wheel_carries_every_file_that_projects_are_made_from():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["force-include"]) == {*SHARED, *READ}


def test_quotes_in_answers_break_nothing(answers):
    project = tomllib.loads(rendered(answers)["pyproject.toml"])["project"]
    assert project["description"] == 'Songs, 5" long.'
    assert project["authors"] == [{"name": "Ada O'Neil"}]


@pytest.mark.parametrize("license_", ["MIT", "Apache-2.0", "none"])
def test_the_licence_is_the_one_that_was_chosen(answers, license_):
    files = rendered(answers.model_copy(update={"license": license_}))
    text = files.get("LICENSE", "")
    assert ("Ada O'Neil" in text, "Apache License" in text) == (license_ == "MIT", license_ == "Apache-2.0")
    assert ("license" in tomllib.loads(files["pyproject.toml"])["project"]) == (license_ != "none")
    assert ("LICENSE" in files["Dockerfile"]) == (license_ != "none")


def test_equal_answers_give_equal_bytes(answers, library: Library):
    assert whole_project(answers, library).files == whole_project(answers, library).files


def test_templates_are_all_used(answers):
    targets = {path.replace("src/package/", "src/bird_songs/") for path in skeleton_files()}
    assert targets <= rendered(answers).keys()


def test_project_with_a_seedbed_of_an_index_has_no_wheel_and_no_folder_of_links(answers):
    project = whole_project(answers, Library("0.3.0", ("ab" * 32,)))
    assert project.made.keys() == {"uv.lock"}
    assert "find-links" not in project.edited["pyproject.toml"].decode()
    assert "vendor" not in project.edited["Dockerfile"].decode()
    assert f"seedbed==0.3.0 \\\n    --hash=sha256:{'ab' * 32}\n" in project.made["uv.lock"].decode()


def test_notebook_holds_the_outputs_that_it_is_compared_with(answers):
    cells = json.loads(rendered(answers)["notebooks/01-first-run.ipynb"])["cells"]
    printing = [cell for cell in cells if cell["cell_type"] == "code" and "print(" in "".join(cell["source"])]
    assert printing
    assert all(cell["outputs"] and cell["execution_count"] for cell in printing)  # nbval passes where there are none
