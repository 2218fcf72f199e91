"""Check what the process of the second run is given.

tests/unit/experiments/reproduction/test_rerun.py - v0.1.0
"""

import json
import sys
from pathlib import Path

import pytest

from seedbed.experiments.reproduction.rerun import run_again
from seedbed.settings import load_settings
from seedbed.tracking.config import MAX_DIFF_BYTES
from seedbed.wiring_reproduction import variables_for
from tests.unit.experiments.reproduction.test_verdict import evidence

LEDGER = "postgresql://a:b@db/ledger?sslmode=verify-full"
BACKENDS = '[{"name": "llm", "url": "http://llm:11434", "api_key": "k-1"}]'
READ = """
import json
from seedbed.settings import load_settings
now = load_settings()
told = [str(now.home), now.tracking.uri, now.tracking.wandb_project, now.embedding.model, now.indexing.ledger_url]
told += [now.tracking.max_diff_bytes]
told += [each.get_secret_value() for each in (now.store.api_key, now.llm.backends[0].api_key)]
print(json.dumps({"run_id": json.dumps(told)}))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Make the tree of a project the current folder."""
    for name in ("SEEDBED_HOME", "SEEDBED_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "project"
    (folder / "secrets").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    return folder


def settings_of_the_second_run(project: Path, tmp_path: Path) -> list[str | int | None]:
    """Return what a program that stands in for `seedbed run` has read."""
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\n{READ}")
    python.chmod(0o755)
    (patch := tmp_path / "diff.patch").write_bytes(bytes(MAX_DIFF_BYTES + 1))
    settings = load_settings()
    answer = run_again(
        evidence({}).model_copy(update={"patch": patch}),
        {},
        python,
        project,
        tmp_path,
        tmp_path / "work" / "state",
        as_here=True,
        variables_in=lambda folder: variables_for(settings, folder),
        tell=print,
    )
    told: list[str | int | None] = json.loads(answer)
    return told


def test_second_run_records_into_its_own_store_and_ledger_whatever_files_of_the_project_say(project, tmp_path):
    given = {
        "SEEDBED_HOME": "elsewhere",
        "SEEDBED_TRACKING__URI": "http://shared:5000",
        "SEEDBED_TRACKING__WANDB_PROJECT": "team/ours",
        "SEEDBED_EMBEDDING__MODEL": "bge-small",
        "SEEDBED_STORE__API_KEY": "k-2",
    }
    (project / ".env").write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    (project / "secrets" / "SEEDBED_INDEXING__LEDGER_URL").write_text(LEDGER)
    (project / "secrets" / "SEEDBED_LLM__BACKENDS").write_text(BACKENDS)
    state = str(tmp_path / "work" / "state")
    told = settings_of_the_second_run(project, tmp_path)
    assert told == [state, None, None, "all-MiniLM-L6-v2", None, MAX_DIFF_BYTES + 1, "k-2", "k-1"]
