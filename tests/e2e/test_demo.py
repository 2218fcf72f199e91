"""Test the README's first command: it indexes, evaluates, says what to type next, and embeds nothing twice.

tests/e2e/test_demo.py - v0.1.0

Of the standard library it gets three packages, or it would take a minute; the rest is as `make demo` has it.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL_LIBRARY = """
import sysconfig
of_this_machine = sysconfig.get_path
sysconfig.get_path = lambda *words, **more: {library!r} if words == ("stdlib",) else of_this_machine(*words, **more)
"""
TWICE = """
import runpy
for _ in range(2):
    try:
        runpy.run_module("pipelines.demo", run_name="__main__")
    except SystemExit as end:
        print("exit code", end.code, flush=True)
"""
"""In one process: the Prefect server of a flow takes ten seconds to start, once a process."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_works_twice_and_embeds_nothing_the_second_time(tmp_path):
    library = tmp_path / "library"
    for package in ("email", "json", "logging"):
        shutil.copytree(Path(sysconfig.get_path("stdlib"), package), library / package)
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "sitecustomize.py").write_text(SMALL_LIBRARY.format(library=str(library)))
    search = os.pathsep.join([str(tmp_path / "path"), str(ROOT / "src")])
    environment = os.environ | {"PYTHONPATH": search, "PREFECT_HOME": str(tmp_path / "prefect"), "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", TWICE], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500
    )

    assert done.stdout.count("exit code 0") == 2, done.stdout + done.stderr
    embedded = [int(number.replace(",", "")) for number in re.findall(r"\(([\d,]+) chunks embedded now\)", done.stdout)]
    assert embedded[0] > 300
    assert embedded[1] == 0
    runs = re.findall(r"run id +│ (\w+)", done.stdout)
    assert len(set(runs)) == 2
    for run in runs:
        assert f"Next:\n  .venv/bin/seedbed runs show {run[:8]}\n" in done.stdout
    assert done.stdout.count(".venv/bin/seedbed search ") == done.stdout.count(".venv/bin/seedbed run retrieval ") == 2
    scores = re.findall(r"nDCG@10 +│ (\d\.\d+) ", done.stdout)
    assert scores[0] == scores[1] > "0.3"
