"""Test that the command line starts without what it may not need.

tests/architecture/test_cold_start.py - v0.1.0
"""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "chromadb", "fastapi", "ir_measures", "jwt", "matplotlib", "mcp", "mlflow", "numpy", "openvino", "pandas",
    "prefect", "pyarrow", "pydantic", "pydantic_settings", "qdrant_client", "scipy", "sentence_transformers",
    "sentry_sdk", "sklearn", "spacy", "sqlalchemy", "torch", "transformers",
}  # fmt: skip


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after running the arguments."""
    report = (
        "import atexit, json, sys; atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr));"
    )
    done = subprocess.run([sys.executable, "-c", report + arguments[0], *arguments[1:]], capture_output=True, text=True)
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


def test_importing_the_command_line_loads_nothing_heavy():
    assert loaded_by("import seedbed.cli.app") & HEAVY == set()


def test_help_loads_nothing_heavy():
    assert loaded_by("from seedbed.cli.app import main; main()", "--help") & HEAVY == set()


@pytest.mark.parametrize(
    "word",
    [
        "run",
        "sweep",
        "compare",
        "report",
        "reproduce",
        "audit",
        "llm",
        "chat",
        "index",
        "search",
        "runs",
        "backup",
        "restore",
        "bench",
        "serve",
        "mcp",
        "token",
        "settings",
        "doctor",
        "new",
        "adopt",
        "update",
    ],
)
def test_help_of_a_command_loads_nothing_heavier_than_the_settings(word):
    heavier = HEAVY - {"pydantic", "pydantic_settings"}
    assert loaded_by("from seedbed.cli.app import main; main()", word, "--help") & heavier == set()


def test_importing_settings_and_wiring_loads_no_vendor():
    vendors = HEAVY - {"numpy", "pydantic", "pydantic_settings"}
    assert loaded_by("import seedbed.settings, seedbed.wiring") & vendors == set()


def test_a_loaded_module_is_seen():
    assert "sqlalchemy" in loaded_by("import sqlalchemy")
