"""Run a recorded experiment again in a process of its own.

src/seedbed/experiments/reproduction/rerun.py - v0.1.0

It records into a store of its own, so that code of any age can run whatever schema the common store has.

```mermaid
flowchart LR
    run_again --> Evidence & surroundings & declare
    run_again --> NotReproducedError
```
"""

import json
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from seedbed.experiments.reproduction.declaring import declare
from seedbed.experiments.reproduction.difference import Difference, NotReproducedError
from seedbed.experiments.reproduction.evidence import Evidence
from seedbed.experiments.reproduction.surroundings import surroundings

_PROGRAM = "from seedbed.cli.app import main; main()"
_SHARED = ("models", "hardware", "api.key")
"""Parts of the home folder that a new one borrows: files from a hub, what `auto` was decided by, the gateway's key."""


def run_again(
    evidence: Evidence,
    python: Path,
    tree: Path,
    home: Path,
    state: Path,
    *,
    as_here: bool,
    secrets: Mapping[str, str],
    tell: Callable[[str], None],
) -> str:
    """Run the experiment with its recorded configuration and seed; return the id of the new run in the store `state`.

    Nothing but models is taken from `home`: what was cached there is computed again.

    Raises:
        NotReproducedError: the experiment failed, or does not take its configuration any more.
    """
    state.mkdir(parents=True)
    for name in _SHARED:
        if (home / name).exists():
            (state / name).symlink_to(home / name)
    config = state / "config.json"
    config.write_text(json.dumps(evidence.pinned_config), "utf-8")
    path = [tree / "src", tree, *declare(tree, evidence.packages, state / "declared")]
    variables = {
        "PYTHONPATH": ":".join(map(str, path)),
        "PYTHONHASHSEED": evidence.fact("seed"),
        "SEEDBED_HOME": str(state),
    }
    if not as_here:
        variables = dict(evidence.variables) | variables
    command = [str(python), "-c", _PROGRAM, "run", "--seed", evidence.fact("seed"), "--config", str(config), "--json"]
    command += ["--no-deterministic" if evidence.fact("deterministic") == "false" else "--deterministic"]
    folder = tree / (evidence.folder_in_tree or "")
    recipe = _recipe_in(tree, folder, evidence)
    environment = surroundings(variables | dict(secrets), keep_numeric=as_here)
    exit_code, answer, last_lines = _run([*command, "--", recipe], folder, environment, tell)
    if exit_code:
        hint = f"exit code {exit_code}: {' '.join(last_lines)}"[:600]
        raise NotReproducedError([Difference(kind="run", what="it did not end well this time", hint=hint)])
    return str(json.loads(answer)["run_id"])


def _run(
    command: list[str], folder: Path, environment: Mapping[str, str], tell: Callable[[str], None]
) -> tuple[int, str, list[str]]:
    """Return exit code, what was printed and the last lines of what was told on the way, which is passed on."""
    last_lines: deque[str] = deque(maxlen=3)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as answer,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=answer, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as process,
    ):
        try:
            for line in process.stderr or ():
                last_lines.append(line.strip())
                tell(line.rstrip())
        except BaseException:
            process.terminate()
            raise
        exit_code = process.wait()
        answer.seek(0)
        return exit_code, answer.read(), list(last_lines)


def _recipe_in(tree: Path, folder: Path, evidence: Evidence) -> str:
    """Return what `seedbed run` is told, with a path into the old tree as one into this tree."""
    recipe = evidence.fact("recipe")
    path, colon, function = recipe.rpartition(":")
    if not colon:
        return recipe
    if evidence.root and Path(path).is_relative_to(evidence.root):
        path = str(tree / Path(path).relative_to(evidence.root))
    if not (folder / path).is_file():
        hint = "it was not part of the tree: git ignores it, or it lies elsewhere"
        raise NotReproducedError([Difference(kind="code", what=f"file {path} of the experiment", hint=hint)])
    return f"{path}:{function}"
