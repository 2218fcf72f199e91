"""Check that a notebook is found by its question, and that what was run is compared with what is written.

tests/unit/notebook/test_notebook_file.py - v0.1.0
"""

import json

import pytest

from seedbed.errors import UserError
from seedbed.notebook_file import find_notebook, order_of, read_notebook


def write(path, *cells, outputs=()):
    made = [
        {"cell_type": kind, "source": source, "metadata": {}}
        | ({"outputs": list(outputs), "execution_count": 1} if kind == "code" else {})
        for kind, source in cells
    ]
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_notebook_is_the_one_whose_code_asks_the_question(tmp_path):
    write(tmp_path / "01-a.ipynb", ("code", 'seedbed.notebook("Is it so?", seed=1)'), ("code", "1 + 1"))
    write(tmp_path / "02-b.ipynb", ("markdown", "Is it so?"), ("code", 'seedbed.notebook("Why?")'))
    (tmp_path / "03-broken.ipynb").write_text("{")
    found = find_notebook(tmp_path, "Is it so?")
    assert found.path == tmp_path / "01-a.ipynb"
    assert found.code == ('seedbed.notebook("Is it so?", seed=1)', "1 + 1")


def test_question_that_nobody_or_two_ask_is_refused(tmp_path):
    with pytest.raises(UserError, match="no saved notebook asks it"):
        find_notebook(tmp_path, "Is it so?")
    for name in ("a", "b"):
        write(tmp_path / f"{name}.ipynb", ("code", "ask('Is it so?')"))
    with pytest.raises(UserError, match=r"\['a.ipynb', 'b.ipynb'\] all ask it"):
        find_notebook(tmp_path, "Is it so?")


def test_what_cells_printed_does_not_change_the_digest_and_any_text_does(tmp_path):
    first = write(tmp_path / "a.ipynb", ("markdown", "prose"), ("code", "x = 1"))
    before = read_notebook(first).digest
    write(first, ("markdown", "prose"), ("code", "x = 1"), outputs=[{"output_type": "stream", "text": "1"}])
    assert read_notebook(first).digest == before
    write(first, ("markdown", "other prose"), ("code", "x = 1"))
    assert read_notebook(first).digest != before


def test_source_in_lines_and_in_one_piece_is_the_same(tmp_path):
    whole = read_notebook(write(tmp_path / "a.ipynb", ("code", "x = 1\ny = 2")))
    lines = read_notebook(write(tmp_path / "b.ipynb", ("code", ["x = 1\n", "y = 2"])))
    assert (whole.code, whole.digest) == (lines.code, lines.digest)


@pytest.mark.parametrize("text", ["", "[]", '{"cells": [{}]}', '{"cells": 3}'])
def test_file_that_is_no_notebook_is_refused_with_its_name(tmp_path, text):
    (tmp_path / "a.ipynb").write_text(text)
    with pytest.raises(UserError, match=r"a\.ipynb is no notebook"):
        read_notebook(tmp_path / "a.ipynb")


@pytest.mark.parametrize(
    ("ran", "order"),
    [
        (["a", "b"], "as written"),
        (["a\n", "b"], "as written"),
        (["a", "b", "c"], "as written"),
        (["b"], "cell 2 was run where cell 1 stands"),
        (["a", "c"], "cell 3 was run where cell 2 stands"),
        (["a", "b", "b"], "cell 2 was run where cell 3 stands"),
        (["a", "b", "c", "a"], "cell 1 was run after the end"),
        (["x", "a", "b"], "the cell that was run as number 1 is not in the saved notebook"),
    ],
)
def test_order_is_told_in_words(ran, order):
    assert order_of(ran, ["a", "b", "c"]) == order
