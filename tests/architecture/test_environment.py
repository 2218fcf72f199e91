"""Test that the environment is read in one place and written in the few that must.

tests/architecture/test_environment.py - v0.1.0
"""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "seedbed"
MAY_TOUCH = {
    "settings.py": "reads the settings",
    "settings_sources.py": "reads the settings",
    "logging_config.py": "tells MLflow, before its import, to put no handlers of its own on the log",
    "api/main.py": "tells its workers where they share their numbers, as prometheus_client wants it",
    "api/metrics.py": "asks whether workers share their numbers",
    "indexing/adapters/ray.py": "switches off Ray's usage report, which nothing else does",
    "experiments/reproduction/surroundings.py": "hands a run that is made again the environment that was recorded",
    "tracking/seeds.py": "sets what libraries read before they are imported, and records it",
    "tracking/git_tree.py": "hands git an environment without the variables that point it elsewhere",
    "tracking/adapters/wandb.py": "switches off W&B's reports to its makers, which no setting does",
    "tracking/adapters/mlflow_client.py": "MLflow takes time limits and credentials from nowhere else",
}


def touches_environment(text: str) -> list[int]:
    """Return the lines that name os.environ, os.getenv, os.putenv or their like."""
    names = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
    lines = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in names:
                lines.append(node.lineno)
            case ast.ImportFrom(module="os", names=aliases) if names & {alias.name for alias in aliases}:
                lines.append(node.lineno)
    return lines


def test_only_the_named_modules_touch_the_environment():
    found = {
        str(path.relative_to(SOURCE)): lines
        for path in sorted(SOURCE.rglob("*.py"))
        if (lines := touches_environment(path.read_text()))
    }
    assert {name: lines for name, lines in found.items() if name not in MAY_TOUCH} == {}


def test_no_module_is_allowed_without_need():
    assert [name for name in MAY_TOUCH if not (SOURCE / name).exists()] == []


@pytest.mark.parametrize(
    "line",
    [
        "import os; os.environ['A']",
        "import os; os.getenv('A')",
        "from os import environ",
        "import os; os.environ |= {}",
    ],
)
def test_every_way_to_the_environment_is_seen(line):
    assert touches_environment(line) == [1]
