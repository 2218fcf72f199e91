"""Check how a notebook's run opens and closes, in a shell of this process.

tests/unit/notebook/test_notebook_run.py - v0.1.0
"""

import json
import subprocess
import sys

import IPython
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_notebook, writes

import seedbed
from seedbed import notebook_run, wiring
from seedbed.errors import UserError
from tests.unit.tracking.listing import ListingTracker

OPEN = 'import seedbed\nbook = seedbed.notebook("Is one and one two?", seed=7)'
COUNT = 'book.run.log_metrics({"sum": 1 + 1})'
CONCLUDE = 'book.conclude("It is 2.")'


@pytest.fixture
def store(monkeypatch) -> ListingTracker:
    tracker = ListingTracker()
    monkeypatch.setattr(wiring, "tracker", lambda *_: tracker)
    return tracker


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Run cells as a kernel does, in a folder with a notebook of three cells."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sum.ipynb").write_text(writes(new_notebook(cells=[new_code_cell(c) for c in (OPEN, COUNT, CONCLUDE)])))
    made = InteractiveShell()
    made.history_manager.enabled = False
    monkeypatch.setattr(IPython, "get_ipython", lambda: made)
    monkeypatch.setattr("seedbed.notebook_run._show_markdown", shown.append)
    shown.clear()
    yield made
    notebook_run._leave_all("the test ended")


shown: list[str] = []


def run(shell, *cells):
    return [shell.run_cell(cell, store_history=True) for cell in cells]


def test_cells_in_the_order_of_the_notebook_are_as_written(shell, store):
    assert all(result.success for result in run(shell, OPEN, COUNT, CONCLUDE))
    assert (store.status, store.tags["seedbed.notebook.order"]) == ("FINISHED", "as written")
    assert store.starts[0].experiment == "sum"
    assert [json.loads(line) for line in store.files["cells.jsonl"].splitlines()] == [
        {"ok": True, "source": OPEN},
        {"ok": True, "source": COUNT},
        {"ok": None, "source": CONCLUDE},
    ]
    assert shown[0].startswith("**Conclusion.** It is 2.\n\nRecorded as run ")
    assert "cannot be made again" not in shown[0]


def test_cell_that_ran_before_the_run_was_opened_is_told(shell, store):
    run(shell, "hidden = 1", OPEN, COUNT, CONCLUDE)
    told = "the cell that was run as number 1 is not in the saved notebook"
    assert store.tags["seedbed.notebook.order"] == told
    assert json.loads(store.files["cells.jsonl"].splitlines()[0]) == {"ok": None, "source": "hidden = 1"}
    assert shown[0].endswith(f"cannot be made again from the notebook: {told}.")


def test_cell_that_ran_twice_is_told(shell, store):
    run(shell, OPEN, COUNT, COUNT, CONCLUDE)
    assert store.tags["seedbed.notebook.order"] == "cell 2 was run where cell 3 stands"


def test_cell_with_a_magic_over_it_is_one_cell_and_an_empty_one_is_none(shell, store, tmp_path):
    cells = [OPEN, f"%%capture\n{COUNT}", CONCLUDE]
    (tmp_path / "sum.ipynb").write_text(writes(new_notebook(cells=[new_code_cell(cell) for cell in cells])))
    run(shell, OPEN, f"%%capture\n{COUNT}", "  ", CONCLUDE)
    assert [json.loads(line)["source"] for line in store.files["cells.jsonl"].splitlines()] == cells
    assert store.tags["seedbed.notebook.order"] == "as written"


def test_opening_again_closes_the_run_before(shell, store):
    run(shell, OPEN, COUNT, OPEN)
    assert store.status == "KILLED"
    assert store.tags["seedbed.error"] == "SystemExit: the notebook was opened again"
    assert [json.loads(line)["source"] for line in store.files["cells.jsonl"].splitlines()] == [OPEN, COUNT]
    assert len(store.starts) == 2


def test_end_without_a_conclusion_is_killed_and_after_a_failing_cell_failed(shell, store):
    run(shell, OPEN, COUNT)
    notebook_run._at_exit()
    assert store.status == "KILLED"
    assert store.tags["seedbed.error"] == "SystemExit: the kernel ended before there was a conclusion"
    store.calls.clear()
    run(shell, OPEN, "1 / 0")
    notebook_run._at_exit()
    assert (store.status, store.tags["seedbed.error"]) == ("FAILED", "ZeroDivisionError: division by zero")


def test_failed_cell_that_was_mended_does_not_fail_the_run(shell, store):
    run(shell, OPEN, "1 / 0", COUNT, CONCLUDE)
    assert store.status == "FINISHED"


def test_conclusion_with_a_picture_that_does_not_draw_can_be_mended_and_else_fails_the_run(shell, store):
    bad = 'book.conclude("It is 2.", "no figure")'
    run(shell, OPEN, bad, CONCLUDE)
    assert store.status == "FINISHED"
    store.calls.clear()
    run(shell, OPEN, bad)
    notebook_run._at_exit()
    assert (store.status, store.tags["seedbed.error"][:14]) == ("FAILED", "AttributeError")


def test_second_conclusion_is_refused_with_what_to_do(shell, store):
    assert all(result.success for result in run(shell, OPEN, CONCLUDE))
    (refused,) = run(shell, CONCLUDE)
    assert "Next: restart the kernel" in str(refused.error_in_exec)


def test_secret_in_a_cell_is_masked(shell, store):
    run(shell, OPEN, 'url = "https://me:hunter2@example.org/x"', CONCLUDE)
    assert b"hunter2" not in store.files["cells.jsonl"]


def test_notebook_that_is_not_saved_is_told(shell, store, tmp_path):
    (tmp_path / "sum.ipynb").unlink()
    run(shell, OPEN, CONCLUDE)
    assert store.starts[0].experiment == "notebook"
    assert "no saved notebook asks it" in store.tags["seedbed.notebook.problem"]
    assert "no saved notebook asks it" in store.tags["seedbed.notebook.order"]


def test_script_is_told_how_it_does_the_same(monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    with pytest.raises(UserError, match=r"a script says `with seedbed.wiring.tracked_run"):
        seedbed.notebook("Why?")


def test_root_package_loads_nothing_until_it_is_asked():
    code = "import sys, seedbed; print([m for m in sys.modules if m.startswith('seedbed.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = seedbed.nothing
