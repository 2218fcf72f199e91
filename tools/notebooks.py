"""Run the notebooks and compare what they print with what they hold, or write it into them.

tools/notebooks.py - v0.1.0

nbval compares text exactly, but for what notebooks/nbval.cfg names; pictures are for people and are not compared.

```mermaid
flowchart LR
    main --> compare --> subprocess
    main --> write --> NotebookClient
    write --> tidy
```
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.check_notebooks import METADATA
from tools.project_files import ROOT

FOLDER = ROOT / "notebooks"
_CELL_LIMIT_S = 240
_FIXED = {"PYTHONHASHSEED": "7"}
"""A kernel cannot fix the seed of its string hashes once it runs."""


def compare(paths: Sequence[Path]) -> int:
    """Run the notebooks in fresh kernels of this environment; return 1 when one fails or prints something else."""
    options = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={FOLDER / 'nbval.cfg'}"]
    options += [f"--nbval-cell-timeout={_CELL_LIMIT_S}", "--durations=5", "-q", "-p", "no:cacheprovider"]
    # Not the project's pytest settings: they are about tests, and its conftest takes SEEDBED_* away.
    alone = ["-c", os.devnull, f"--rootdir={paths[0].parent}", f"--confcutdir={paths[0].parent}"]
    command = [sys.executable, "-m", "pytest", *options, *alone, *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, env=os.environ | _FIXED, check=False).returncode


def write(path: Path) -> None:
    """Run a notebook and keep what it printed in it."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=_CELL_LIMIT_S, kernel_name="python3", resources=folder).execute(
        env=os.environ | _FIXED
    )
    tidy(notebook)
    nbformat.write(notebook, path)


def tidy(notebook: Any) -> None:
    """Take away what an editor or a kernel leaves and nobody reads: times, ids of kernels, versions."""
    notebook.metadata = METADATA
    for number, cell in enumerate(notebook.cells, 1):
        cell.id, cell.metadata = f"cell-{number:02}", {}
        for output in cell.get("outputs", ()):
            if "metadata" in output:
                output.metadata = {}


def main(arguments: Sequence[str]) -> int:
    """Compare all notebooks, or those whose names begin with a word; with --write, write them instead."""
    words = [word for word in arguments if word != "--write"]
    known = sorted(FOLDER.glob("*.ipynb"))
    chosen = [path for path in known if not words or path.name.startswith(tuple(words))]
    if not chosen:
        names = [path.stem for path in known]
        sys.stderr.write(f"notebooks: {words} names none of {names}. Example: make notebooks ARGS=01\n")
        return 2
    if "--write" not in arguments:
        return compare(chosen)
    for path in chosen:
        print(f"notebooks: writing {path.name}", flush=True)
        write(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
