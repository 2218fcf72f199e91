"""Test that what the front page shows works as shown.

tests/e2e/test_readme.py - v0.1.0
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAM = Path(sys.executable).with_name("seedbed")


def test_the_readmes_experiment_runs_and_the_same_seed_gives_the_same_results(tmp_path: Path, home: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "my_experiment.py").write_text(code)
    [arguments] = re.findall(r"^seedbed run (my_experiment\.py:.*)$", README, re.MULTILINE)
    results = []
    for _ in range(2):
        command = [PROGRAM, "run", *arguments.split(), "--json"]
        environment = {**os.environ, "SEEDBED_HOME": str(home)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        results.append(json.loads(done.stdout))
    assert results[0]["run_id"] != results[1]["run_id"]
    assert results[0]["results_digest"] == results[1]["results_digest"]
    assert 0 < results[0]["metrics"]["share_of_heads"] < 1


def test_every_command_that_the_readme_names_exists(home: Path) -> None:
    words = set(re.findall(r"^seedbed ([a-z]+)", README, re.MULTILINE))
    assert {"run", "index", "search", "runs", "settings", "doctor"} <= words
    helped = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
    assert [word for word in sorted(words) if f" {word} " not in helped] == []
