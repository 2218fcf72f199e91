"""Test that imports follow the layers, and that each contract catches what it is there for.

tests/architecture/test_layers.py - v0.1.0
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> tuple[int, str]:
    """Return exit code and words of the linter over the project in a folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder / "src"), str(folder)])}
    done = subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the code that may be spoiled; every test mends what it spoils."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("src", "pipelines"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_project_keeps_every_contract(copy):
    exit_code, words = lint(copy)
    assert exit_code == 0, words


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("src/seedbed/stores/ports.py", "import seedbed.indexing.plan", "imports point down"),
        ("src/seedbed/errors.py", "import seedbed.settings", "imports point down"),
        ("src/seedbed/stores/ports.py", "import seedbed.embedding.ports", "siblings are strangers"),
        ("src/seedbed/indexing/plan.py", "import seedbed.retrieval.metrics", "siblings are strangers"),
        ("src/seedbed/common.py", "", "imports point down"),
        ("src/seedbed/cli/app.py", "import seedbed.stores.adapters.chroma", "only wiring knows adapters"),
        ("src/seedbed/stores/ports.py", "import seedbed.stores.adapters.chroma", "only wiring knows adapters"),
        ("src/seedbed/stores/ports.py", "import chromadb", "a vendor has one home"),
        ("src/seedbed/stores/adapters/chroma.py", "import mlflow", "a vendor has one home"),
        ("pipelines/planted.py", "from torch import nn", "a vendor has one home"),
        ("src/seedbed/wiring.py", "import prefect", "prefect lives in pipelines"),
        ("src/seedbed/api/app.py", "import mcp", "a vendor has one home"),
        ("src/seedbed/api/app.py", "import seedbed.mcp_server.tool", "imports point down"),
        ("pipelines/planted.py", "import typer", "typer in cli"),
        ("src/seedbed/cli/app.py", "import fastapi", "fastapi in api"),
        ("src/seedbed/wiring.py", "import pipelines.experiments", "the library knows nobody who uses it"),
        ("src/seedbed/wiring.py", "import benchmarks", "the library knows nobody who uses it"),
        ("pipelines/planted.py", "import seedbed.cli.app", "pipelines use neither the command line"),
    ],
)
def test_each_contract_catches_a_planted_violation(copy, module, statement, contract):
    file = copy / module
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{statement}\n")
    try:
        exit_code, words = lint(copy)
    finally:
        file.unlink() if before is None else file.write_text(before)
    broken = [line for line in words.splitlines() if " BROKEN" in line]
    assert exit_code != 0
    assert any(contract in line for line in broken), words
