"""Specify `seedbed run` as a user meets it, and run what the how-to pages show.

tests/e2e/test_run_command.py - v0.1.0
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seedbed.corpora.judgment import Query
from seedbed.retrieval.evaluate import Evaluation
from seedbed.retrieval.judgments import Labels
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig

PROJECT = Path(__file__).parents[2]
HOW_TO = PROJECT / "docs" / "how-to"
HASHED = """
import ctypes
import os

from pydantic import BaseModel, ConfigDict


print("noise of an import")


class Nothing(BaseModel):
    model_config = ConfigDict(frozen=True)


def hashed(config: Nothing, run):
    print("noise")
    os.system("echo noise of a child")
    ctypes.CDLL(None).puts(b"noise of a library")
    return {"hash": float(hash("seedbed") % 1000003), "drawn": float(run.seeds.generator("any").random())}
"""


def seedbed(folder, *arguments, **variables):
    """Run the command line in a folder, on a state folder beside it."""
    environment = {
        **os.environ,
        "SEEDBED_HOME": str(folder / "state"),
        **{name: str(value) for name, value in variables.items()},
    }
    environment.pop("PYTHONHASHSEED", None)
    return subprocess.run(
        [Path(sys.executable).with_name("seedbed"), "run", *map(str, arguments)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def code_blocks(page):
    """Return the Python blocks of a page, by title or by number."""
    blocks = re.findall(r"```python(?: title=\"(.+?)\")?\n(.*?)```", (HOW_TO / page).read_text(), re.DOTALL)
    return {title or number: text for number, (title, text) in enumerate(blocks)}


@pytest.fixture(scope="module")
def die(tmp_path_factory):
    """A folder with the experiment that the how-to page shows, and a state folder that is set up."""
    folder = tmp_path_factory.mktemp("die")
    (folder / "fair_die.py").write_text(code_blocks("own-experiment.md")["fair_die.py"])
    return folder


@pytest.mark.slow
def test_experiment_of_the_how_to_page_runs_as_the_page_says(die):
    command = "fair_die.py:fair_die --seed 7 --set num_throws=500"
    assert f"seedbed run {command}\n" in (HOW_TO / "own-experiment.md").read_text()

    shown = seedbed(die, *command.split(), COLUMNS="200")
    assert shown.returncode == 0, shown.stderr
    assert "fair_die: finished" in shown.stdout
    assert "seedbed runs show " in shown.stdout

    again = seedbed(die, *command.split(), "--json")
    result = json.loads(again.stdout)
    assert again.stderr == ""
    assert (result["experiment"], result["seed"], result["num_embedded"]) == ("fair_die", 7, 0)
    assert result["results_digest"] in shown.stdout
    assert Path(result["artifacts"].removeprefix("file://"), "throws.txt").read_text().count(" ") == 499


def test_experiment_of_the_how_to_page_takes_twenty_lines():
    lines = code_blocks("own-experiment.md")["fair_die.py"].splitlines()

    assert len([line for line in lines if line.strip()]) <= 20


@pytest.mark.slow
def test_seed_that_was_drawn_is_told_and_repeats_hash_order_too_whatever_is_printed(tmp_path, die):
    (tmp_path / "hashed.py").write_text(HASHED)

    drawn, noise = hashed(tmp_path, die)
    repeated, _ = hashed(tmp_path, die, "--seed", drawn["seed"])

    assert repeated["metrics"] == drawn["metrics"]
    assert repeated["results_digest"] == drawn["results_digest"]
    assert repeated["run_id"] != drawn["run_id"]
    assert {"noise", "noise of an import", "noise of a child", "noise of a library"} <= set(noise.splitlines())


@pytest.mark.slow
def test_drawn_seed_is_told_before_a_name_that_could_be_an_option(tmp_path, die):
    (tmp_path / "-hashed.py").write_text(HASHED)

    answer = seedbed(tmp_path, "--json", "--", "-hashed.py:hashed", SEEDBED_HOME=str(die / "state"))
    assert answer.returncode == 0, answer.stderr
    result = json.loads(answer.stdout)
    recorded = _recorded_command(die / "state", result["run_id"])

    assert recorded[-4:] == ["--seed", str(result["seed"]), "--", "-hashed.py:hashed"]
    repeated = seedbed(tmp_path, *recorded[recorded.index("run") + 1 :], SEEDBED_HOME=str(die / "state"))
    assert json.loads(repeated.stdout)["results_digest"] == result["results_digest"]


def _recorded_command(home, run_id):
    config = TrackingConfig()
    return shlex.split(MlflowArchive(config, home).get(run_id).tags["seedbed.command"])


def hashed(folder, die, *arguments):
    answer = seedbed(folder, "hashed.py:hashed", "--json", *arguments, SEEDBED_HOME=str(die / "state"))
    return json.loads(answer.stdout), answer.stderr


FAILING = """
import os
import signal

from pydantic import BaseModel, ConfigDict

from seedbed.errors import UserError


class How(BaseModel):
    model_config = ConfigDict(frozen=True)
    how: str = "value"


def failing(config: How, run):
    if config.how == "value":
        raise ValueError("the die has password=hunter22222 sides\\nand more")
    if config.how == "user":
        raise UserError("a die has six sides")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a script started the tests with &
    os.kill(os.getpid(), signal.Signals[config.how])
    signal.pause()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "exit_code", "status", "first_lines"),
    [
        ("value", 1, "FAILED", ["seedbed: experiment failing failed: ValueError: the die has password=*** sides"]),
        ("user", 2, "FAILED", ["seedbed: a die has six sides"]),
        ("SIGINT", 130, "KILLED", []),
        ("SIGTERM", 143, "KILLED", []),
    ],
)
def test_run_that_does_not_end_well_says_why_and_where_it_is_recorded(
    tmp_path, die, how, exit_code, status, first_lines
):
    (tmp_path / "failing.py").write_text(FAILING)
    home = die / "state"

    answer = seedbed(tmp_path, "failing.py:failing", "--seed", "7", "--json", "--set", f"how={how}", SEEDBED_HOME=home)
    run_id = answer.stderr.split()[-1]
    record = MlflowArchive(TrackingConfig(), home).get(run_id)

    closing = f"seedbed: run {run_id} is recorded as {status}. Next: seedbed runs show {run_id}"
    assert answer.stderr.splitlines() == [*first_lines, closing]
    assert (answer.returncode, answer.stdout, record.status) == (exit_code, "", status)
    assert "traceback.txt" in record.artifacts
    assert ("experiment_failed" in (home / "logs" / "seedbed.jsonl").read_text()) or how != "value"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing"], "no folder pipelines/experiments/"),
        (["fair_die.py:fair_dye"], "did you mean 'fair_die'"),
        (["fair_die.py:fair_die", "--set", "num_throw=5"], "did you mean 'num_throws'"),
        (["fair_die.py:fair_die", "--set", "sides=0"], "greater than 0"),
        (["fair_die.py:fair_die", "--seed", "4294967296"], "seed 4294967296 is out of range"),
        (["--list"], "nothing to list"),
    ],
)
def test_wrong_words_are_answered_in_one_line_with_exit_code_2(die, arguments, words):
    answer = seedbed(die, *arguments)

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert words in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_experiments_and_their_keys_can_be_asked_for(tmp_path):
    below = PROJECT / "docs"
    listed = json.loads(_seedbed_in(below, tmp_path, "--list", "--json").stdout)["experiments"]
    shown = _seedbed_in(below, tmp_path, "retrieval", "--show-config", "--json", "--set", "top_k=20")

    assert listed["retrieval"].startswith("Bring an index up to date")
    assert json.loads(shown.stdout)["config"]["top_k"] == 20


def _seedbed_in(folder, home, *arguments):
    words = [Path(sys.executable).with_name("seedbed"), "run", *arguments]
    environment = {**os.environ, "SEEDBED_HOME": str(home)}
    return subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=True, timeout=120)


def test_metric_of_the_how_to_page_measures_what_it_says():
    namespace: dict[str, Any] = {}
    exec(code_blocks("own-metric.md")["first_hit.py"], namespace)
    names = ("q1", "q2", "q3")
    evaluation = Evaluation(
        query_ids=names,
        query_texts=names,
        rankings=((("a", 0.9), ("b", 0.8)), (("x", 0.9), ("a", 0.8)), ()),
        per_query={},
        left_out=(),
    )
    relevance = {"q1": {"a": 1}, "q2": {"a": 1, "x": 0}, "q3": {"a": 1}}
    labels = Labels(tuple(Query(id=name, text=name) for name in names), relevance, 0, 0, "")

    measured = namespace["first_hit"](evaluation, labels)

    assert measured.dtype == np.float64
    assert measured.tolist() == [1, 0, 0]
