"""Test that the command line starts without what it may not need.

tests/architecture/test_cold_start.py - v0.1.0
"""

import json
import subprocess
import sys

HEAVY = {
    "chromadb", "fastapi", "ir_measures", "jwt", "matplotlib", "mcp", "mlflow", "numpy", "openvino", "pandas",
    "prefect", "pyarrow", "pydantic", "pydantic_settings", "qdrant_client", "scipy", "sentence_transformers",
    "sentry_sdk", "sklearn", "spacy", "sqlalchemy", "torch", "transformers",
}  # fmt: skip


EVERY_HELP = """
import io, json, sys
from contextlib import redirect_stdout
from typer.main import get_command
from seedbed.cli.app import app, main

def all_words(command, before=()):
    yield before
    for name, each in getattr(command, "commands", {}).items():
        yield from all_words(each, (*before, name))

for words in all_words(get_command(app)):
    sys.argv = ["seedbed", *words, "--help"]
    with redirect_stdout(io.StringIO()) as said:
        try:
            main()
        except SystemExit as end:
            code = end.code
    print(json.dumps([" ".join(words), code, said.getvalue(), list(sys.modules)]))
"""


def said_by(*arguments: str) -> list[str]:
    """Return the lines that a fresh interpreter prints, which must be content."""
    done = subprocess.run([sys.executable, "-c", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after running the arguments."""
    report = "import atexit, json, sys; atexit.register(lambda: print(json.dumps(sorted(sys.modules))));"
    return tops(json.loads(said_by(report + arguments[0], *arguments[1:])[-1]))


def tops(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_importing_the_command_line_loads_nothing_heavy():
    assert loaded_by("import seedbed.cli.app") & HEAVY == set()


def test_help_loads_nothing_heavy():
    assert loaded_by("from seedbed.cli.app import main; main()", "--help") & HEAVY == set()


def test_help_of_every_command_loads_nothing_heavier_than_the_settings():
    """One interpreter for all: what one of them loads stays loaded, so the first that is heavy is named."""
    helps = [json.loads(line) for line in said_by(EVERY_HELP)]
    assert {"", "run", "llm pull", "serve api"} < {words for words, *_ in helps}
    for words, code, said, modules in helps:
        assert (code, f"Usage: seedbed {words}" in said) == (0, True), words
        assert tops(modules) & (HEAVY - {"pydantic", "pydantic_settings"}) == set(), words


def test_importing_settings_and_wiring_loads_no_vendor():
    vendors = HEAVY - {"numpy", "pydantic", "pydantic_settings"}
    assert loaded_by("import seedbed.settings, seedbed.wiring") & vendors == set()


def test_a_loaded_module_is_seen():
    assert "sqlalchemy" in loaded_by("import sqlalchemy")
