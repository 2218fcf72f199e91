"""Test that notebooks go red when an output is altered, and that what they must hold is checked.

tests/unit/tools/test_notebooks.py - v0.1.0
"""

import copy
import json
import re

import nbformat
import pytest

from tools.check_notebooks import faults_in, main
from tools.notebooks import FOLDER, compare, tidy
from tools.notebooks import main as run

SOURCES = ('print("two is", 1 + 1, "or ≈ 2.003 or so")', 'print("recorded as run 0a1b2c3d")')
PRINTED = ("two is 2 or ≈ 2.004 or so\n", "recorded as run 99999999\n")


def notebook(*printed):
    cells = [
        nbformat.v4.new_code_cell(source, execution_count=number, outputs=[nbformat.v4.new_output("stream", text=text)])
        for number, (source, text) in enumerate(zip(SOURCES, printed, strict=True), 1)
    ]
    made = nbformat.v4.new_notebook(cells=cells)
    tidy(made)
    return made


@pytest.mark.slow
def test_altered_output_is_red_and_what_depends_on_the_machine_is_not_compared(tmp_path, capfd):
    nbformat.write(notebook(*PRINTED), tmp_path / "same.ipynb")
    nbformat.write(notebook(PRINTED[0].replace("is 2", "is 3"), PRINTED[1]), tmp_path / "altered.ipynb")
    assert compare([tmp_path / "same.ipynb", tmp_path / "altered.ipynb"]) == 1
    told = capfd.readouterr().out
    assert "1 failed, 3 passed" in re.sub(r"\x1b\[\d*m", "", told)
    assert "altered.ipynb::Cell 0" in told


@pytest.fixture
def good():
    return json.loads((FOLDER / "01-first-run.ipynb").read_text())


def code_of(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_notebooks_of_this_project_have_no_faults(good):
    assert list(faults_in("01-first-run.ipynb", good)) == []
    assert main() == 0


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda it: code_of(it)[1].update(execution_count=None), "nbval would skip cells"),
        (lambda it: code_of(it)[1].update(execution_count=9), "was not run from top to bottom"),
        (lambda it: it["metadata"].update(toc=1), "carries metadata"),
        (lambda it: it["cells"][0].update(source="# First run"), "asks one numbered question"),
        (lambda it: code_of(it)[0].update(source='seedbed.notebook("Why?")'), "does not open its run"),
        (lambda it: code_of(it)[-1].update(source="1"), "does not end in a conclusion"),
        (lambda it: code_of(it)[-1].update(outputs=[]), "holds 0 pictures"),
        (lambda it: code_of(it)[-1].update(outputs=[]), "holds no conclusion"),
        (
            lambda it: code_of(it)[-1]["outputs"][-1]["data"].update({"text/markdown": "It cannot be made again …"}),
            "was not run as it is written",
        ),
        (
            lambda it: code_of(it)[1]["outputs"].append({"output_type": "stream", "name": "stderr", "text": "oops"}),
            "what went to stderr: 'oops'",
        ),
        (
            lambda it: code_of(it)[1]["outputs"].append({"output_type": "display_data", "data": {"text/html": "<b>"}}),
            r"holds ['text/html']",
        ),
        (
            lambda it: code_of(it)[1]["outputs"].append(
                {"output_type": "stream", "name": "stdout", "text": "/home/me/x"}
            ),
            "names a path of a machine: /home/m",
        ),
    ],
)
def test_each_fault_is_seen(good, spoil, fault):
    spoiled = copy.deepcopy(good)
    spoil(spoiled)
    assert any(fault in each for each in faults_in("01-first-run.ipynb", spoiled))


def test_name_and_title_go_together(good):
    assert any("asks one numbered question: '# 02." in each for each in faults_in("02-first-run.ipynb", good))
    assert any("is not named like" in each for each in faults_in("first.ipynb", good))


def test_word_that_names_no_notebook_is_refused_with_those_there_are(capsys):
    assert run(["99"]) == 2
    assert "names none of ['01-first-run'" in capsys.readouterr().err
