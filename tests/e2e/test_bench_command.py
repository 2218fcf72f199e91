"""Specify `seedbed bench embed` as a user meets it, with the real model.

tests/e2e/test_bench_command.py - v0.1.0
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def seedbed(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line on a state folder of its own."""
    return subprocess.run(
        [Path(sys.executable).with_name("seedbed"), *map(str, arguments)],
        env={**os.environ, "SEEDBED_HOME": str(home), "COLUMNS": "80"},
        cwd=home.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.slow
def test_every_encoder_that_runs_here_is_measured_and_drawn(tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    lines = [json.dumps({"id": str(number), "text": f"document number {number}"}) for number in range(8)]
    texts.write_text("\n".join(lines))
    done = seedbed(
        tmp_path / "home", "bench", "embed", "--corpus-kind", "jsonl", "--corpus-path", texts, "--texts", "4", "--json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    measured = {each["encoder"]: each for each in found["encoders"]}
    assert {"openvino fp32", "torch fp32", "sentence_transformers fp32"} <= set(measured)
    assert measured["openvino fp32"]["cosine_min"] >= 0.99999
    assert measured["torch fp32"]["peak_share"] > 0
    assert found["num_texts"] == 4
    assert set(measured).isdisjoint(found["not_measured"])
    assert Path(found["chart"]).parent == tmp_path / "home" / "reports"
    assert Path(found["chart"]).read_bytes().startswith(b"\x89PNG")


def test_a_corpus_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = seedbed(tmp_path / "home", "bench", "embed", "--corpus-kind", "folder", "--corpus-path", tmp_path / "none")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "does not exist" in done.stderr


def test_help_shows_an_example(tmp_path: Path) -> None:
    assert "seedbed bench embed --corpus-kind" in " ".join(seedbed(tmp_path, "bench", "embed", "--help").stdout.split())
    assert "embed" in seedbed(tmp_path, "bench", "--help").stdout
