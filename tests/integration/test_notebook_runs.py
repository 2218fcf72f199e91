"""Check in real kernels that a notebook's run can be asked where it came from.

tests/integration/test_notebook_runs.py - v0.1.0
"""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from seedbed.notebook_file import read_notebook
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig

OPEN = 'import seedbed\nbook = seedbed.notebook("Is one and one two?", seed=7)'
COUNT = 'book.run.log_metrics({"sum": 1 + 1})'
CONCLUDE = 'book.conclude(f"It is {1 + 1}.")'


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """Share one store, so that its tables are made once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run_cells(tmp_path, store, monkeypatch):
    """Return what saves a notebook, runs cells in its folder, and gives its newest run."""
    monkeypatch.setenv("SEEDBED_HOME", str(store))
    archive = MlflowArchive(TrackingConfig(), store)

    def run(name: str, cells, fails=False):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
        ran = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        client = NotebookClient(ran, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
        if fails:
            with pytest.raises(CellExecutionError):
                client.execute()
        else:
            client.execute()
        record = archive.get(archive.find(name, limit=1)[0].run_id)

        def artifact(file: str) -> str:
            return archive.download(record.run_id, file, tmp_path / "down" / record.run_id).read_text()

        return record, artifact, ran

    return run


@pytest.mark.slow
def test_notebook_that_ran_from_top_to_bottom_is_recorded_whole(run_cells, tmp_path):
    picture = "from matplotlib import pyplot\nfigure, axes = pyplot.subplots()\naxes.plot([1, 2])"
    in_a_loop = "import asyncio\nawait asyncio.gather(*(asyncio.to_thread(pow, 2, n) for n in range(3)))"
    cells = [OPEN, COUNT, in_a_loop, f"{picture}\n{CONCLUDE[:-1]}, figure)"]
    record, artifact, ran = run_cells("whole", cells)
    assert (record.experiment, record.status, record.metrics) == ("whole", "FINISHED", {"sum": 2.0})
    assert record.params == {"seed": "7", "question": "Is one and one two?"}
    tags = {name.removeprefix("seedbed."): text for name, text in record.tags.items()}
    assert (tags["entry"], tags["seed"], tags["notebook.order"]) == ("notebook", "7", "as written")
    assert tags["notebook.path"] == str(tmp_path / "whole.ipynb")
    assert tags["notebook.digest"] == read_notebook(tmp_path / "whole.ipynb").digest
    assert [json.loads(line)["source"] for line in artifact("cells.jsonl").splitlines()] == cells
    assert artifact("conclusion.md") == "# Is one and one two?\n\nIt is 2.\n"
    assert "picture.png" in record.artifacts
    awaited, shown = ran.cells[2].outputs, ran.cells[3].outputs
    assert awaited[0]["data"]["text/plain"] == "[1, 2, 4]"
    assert [sorted(output["data"])[0] for output in shown] == ["image/png", "text/markdown"]
    assert shown[1]["data"]["text/markdown"].startswith("**Conclusion.** It is 2.\n\nRecorded as run ")


@pytest.mark.slow
def test_run_ends_with_the_kernel_as_failed_where_the_last_cell_failed(run_cells):
    record, artifact, _ = run_cells("failing", [OPEN, COUNT, "1 / 0"], fails=True)
    assert (record.status, record.metrics) == ("FAILED", {"sum": 2.0})
    assert record.tags["seedbed.error"] == "ZeroDivisionError: division by zero"
    assert json.loads(artifact("cells.jsonl").splitlines()[-1]) == {"ok": False, "source": "1 / 0"}
