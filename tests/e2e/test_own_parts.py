"""Follow the pages about parts of one's own in a project; index, search and reproduce with them.

tests/e2e/test_own_parts.py - v0.1.0
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seedbed import wiring
from seedbed.cli.app import app
from seedbed.experiments.define import load
from seedbed.experiments.overrides import resolve
from seedbed.experiments.run import run_experiment
from seedbed.experiments.trial import Plan
from seedbed.settings import load_settings
from seedbed.wiring_groups import start_group
from tests.declared import declare
from tests.repositories import git

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r'^```(?:python|toml|bash)(?: title="(\S+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)
HEADINGS = {
    "own-corpus": "## Another kind of source",
    "own-encoder": "## A runtime of your own",
    "own-store": "## Write your own",
}
OTHERS = {
    "own-corpus": {"EMBEDDING__BACKEND": "letters", "STORE__KIND": "lite"},
    "own-encoder": {"CORPUS__KIND": "tickets", "CORPUS__PATH": "tickets.csv", "STORE__KIND": "lite"},
    "own-store": {"CORPUS__KIND": "tickets", "CORPUS__PATH": "tickets.csv", "EMBEDDING__BACKEND": "letters"},
}
SAID = {
    "own-corpus": ["num_documents 3", "num_documents 2"],
    "own-encoder": ["letters, of my-project 0.1.0", "num_embedded 3", "num_embedded 3"],
    "own-store": ["seedbed.stores ok lite (my-project 0.1.0)", "num_upserted 3", "The wheel does not turn."],
}
TICKETS = """number,subject,body,status
1,Printer,It prints nothing but blank pages.,open
2,Login,The password is refused.,closed
3,Chair,The wheel does not turn.,open
"""
NEAREST = '''
from seedbed.indexing.config import IndexConfig
from seedbed.wiring import open_index


class NearestConfig(IndexConfig):
    question: str = "a wheel that does not turn"


def nearest(config: NearestConfig, run):
    """Say how near the nearest ticket is."""
    with open_index(config, run.home) as index:
        report = index.bring_up_to_date()
        run.use_data("tickets", report.data_digest, source=config.corpus.path)
        [hits] = index.search_exactly([config.question], 1)
    return {"score": hits[0].score}
'''


def blocks(page):
    """Yield the name of a file, or "", and the text of every block about a part of one's own."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    yield from BLOCK.findall(text[text.index(HEADINGS[page]) :])


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with all files of the pages, as it is after `make setup`; it is the current folder."""
    folder = tmp_path / "my-project"
    (folder / "src" / "my_project").mkdir(parents=True)
    (folder / "src" / "my_project" / "__init__.py").touch()
    (folder / "tests").mkdir()
    pyproject = '[project]\nname = "my-project"\nversion = "0.1.0"\n'
    for page in HEADINGS:
        files = {title: text for title, text in blocks(page) if title}
        pyproject += files.pop("pyproject.toml")
        for title, text in files.items():
            (folder / title).write_text(text)
    for name, text in {"pyproject.toml": pyproject, "tickets.csv": TICKETS, "nearest.py": NEAREST}.items():
        (folder / name).write_text(text)
    (folder / ".gitignore").write_text("__pycache__/\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "parts of our own")
    groups = tomllib.loads(pyproject)["project"]["entry-points"]
    site = declare(tmp_path / "site", groups, package="my-project", version="0.1.0")
    monkeypatch.syspath_prepend(site)
    monkeypatch.syspath_prepend(folder / "src")
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_project"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # as `seedbed run` sets it
    return folder


@pytest.mark.parametrize("page", HEADINGS)
def test_every_command_of_a_page_does_in_a_project_what_the_page_says(project, page, monkeypatch, capfd):
    for name, value in OTHERS[page].items():
        monkeypatch.setenv(f"SEEDBED_{name}", value)
    done = [shlex.split(line, comments=True) for title, text in blocks(page) if not title for line in text.splitlines()]
    for words in done:
        match words:
            case ["export", *assignments]:
                for assignment in assignments:
                    monkeypatch.setenv(*assignment.split("=", 1))
            case ["seedbed", *arguments]:
                app(arguments, prog_name="seedbed", standalone_mode=False)
            case _:
                assert words in (["make", "setup"], ["pytest", words[-1]])
    said = re.sub(r"[ │]+", " ", capfd.readouterr().out)
    for words in SAID[page]:
        assert words in said, said
        said = said[said.index(words) + len(words) :]


def test_parts_of_the_pages_keep_the_promises_of_their_ports(project):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests"]
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path[:2]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed, 1 skipped", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 50


@pytest.mark.slow  # a run and its reproduction, in a process of its own
def test_run_with_parts_of_ones_own_says_which_and_is_reproduced_bit_for_bit(project, monkeypatch, home):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    overrides = ["corpus.kind=tickets", 'corpus.options={"status": "open"}', "corpus.path=tickets.csv"]
    overrides += ["embedding.backend=letters", "store.kind=lite"]
    chosen, settings = load(f"{project / 'nearest.py'}:nearest", None), load_settings()
    config = resolve(chosen.config_model, wiring.sections(settings), overrides)
    tags = {"seedbed.recipe": "nearest.py:nearest"}
    with wiring.tracked_run("nearest", config, seed=7, settings=settings, tags=tags) as run:
        result = run_experiment(chosen, config, run)
    assert result.metrics["score"] > 0.8
    found = wiring.archive(settings.tracking, home).get(result.run_id)
    own = "my-project 0.1.0, in this repository"
    own_parts = {name: text for name, text in found.tags.items() if name.startswith("seedbed.plugin.")}
    assert own_parts == {
        "seedbed.plugin.corpus": f"tickets = my_project.tickets:TicketCorpus, {own}",
        "seedbed.plugin.encoder": f"letters = my_project.letters:LetterEmbedder, {own}",
        "seedbed.plugin.store": f"lite = my_project.lite:LiteStore, {own}",
    }
    assert found.tags["seedbed.git.commit"] == git(project, "rev-parse", "HEAD")
    assert found.params["corpus.options.status"] == "open"
    plan = Plan(kind="seeds", experiment="nearest", overrides=overrides, seeds=(7, 8), num_trials=2, num_workers=1)
    with start_group(chosen, plan, settings, {}) as parent:
        told = wiring.archive(settings.tracking, home).get(parent.run_id).tags
    assert {name: told[name] for name in found.tags if name.startswith("seedbed.plugin.")} == own_parts

    renamed = (project / "pyproject.toml").read_text().replace("tickets = ", "letters_of_complaint = ")
    (project / "pyproject.toml").write_text(renamed)
    (project / "src" / "my_project" / "tickets.py").unlink()
    git(project, "commit", "-q", "-a", "-m", "no tickets any more")
    verdict = wiring.reproduction(settings, lambda _: None).reproduce(result.run_id)
    assert (verdict.status, verdict.differences) == ("reproduced bit for bit", ())
