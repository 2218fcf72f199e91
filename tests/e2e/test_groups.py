"""Specify runs over seeds and sweeps as a user meets them, kill -9 included.

tests/e2e/test_groups.py - v0.1.0
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from seedbed import wiring
from seedbed.experiments.group import Journal, run_group
from seedbed.experiments.search import Candidate, Search
from seedbed.experiments.trial import Plan
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig

SEEDBED = str(Path(sys.executable).with_name("seedbed"))
DIE = '''
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

print("noise of an import")


class Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    num_throws: int = 100
    wait_for: str = ""
    fail_on: int = -1


def die(config: Config, run):
    """Throw a die."""
    if run.seed == config.fail_on:
        raise ValueError("the die rolled off the table")
    throws = run.seeds.generator("throws").integers(1, 7, config.num_throws)
    for step in (1, 2, 3):
        run.log_metrics({"mean": float(throws[: step * 10].mean())}, step=step)
    while config.wait_for and config.num_throws == 20 and not Path(config.wait_for).exists():
        time.sleep(0.05)
    return {"mean": float(throws.mean()), "hash": float(hash("die") % 1000)}
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with an experiment, and a state folder that is set up by its first test."""
    folder = tmp_path_factory.mktemp("groups")
    (folder / "die.py").write_text(DIE)
    return folder


def environment(folder):
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONHASHSEED"}
    return kept | {"SEEDBED_HOME": str(folder / "state"), "COLUMNS": "200"}


def seedbed(folder, *words):
    return subprocess.run(
        [SEEDBED, *words], env=environment(folder), cwd=folder, capture_output=True, text=True, timeout=240
    )


def archive(folder):
    return MlflowArchive(TrackingConfig(), folder / "state")


@pytest.mark.slow
def test_seeds_run_beside_each_other_and_give_the_numbers_that_each_gives_alone_and_one_that_fails_is_told(folder):
    words = ["run", "die.py:die", "--set", "fail_on=3", "--json"]
    done = seedbed(folder, *words, "--seeds", "1-3", "--workers", "2", "--note", "is it fair?")
    group = json.loads(done.stdout)
    alone = json.loads(seedbed(folder, *words, "--seed", "2").stdout)
    first, second, third = group["trials"]

    assert [trial["seed"] for trial in group["trials"]] == [1, 2, 3]
    assert second["metrics"] == alone["metrics"] != first["metrics"]
    assert second["results_digest"] == alone["results_digest"]
    assert (third["state"], group["num_failed"], done.returncode) == ("failed", 1, 1)
    assert "1 of 3 runs failed, the first: experiment die failed: ValueError: the die rolled off" in done.stderr

    runs = (archive(folder).get(run_id) for run_id in (group["run_id"], second["run_id"], third["run_id"]))
    parent, child, failed = runs
    assert (parent.status, child.status, failed.status) == ("FINISHED", "FINISHED", "FAILED")
    assert child.tags["mlflow.parentRunId"] == parent.run_id
    assert child.tags["seedbed.command"].endswith(
        f"run --json --seed 2 --set=fail_on=3 -- {folder.resolve() / 'die.py'}:die"
    )
    assert parent.tags["mlflow.note.content"] == "is it fair?"
    assert parent.metrics["mean"] == group["metrics"]["mean"]["mean"]
    assert parent.metrics["mean_low"] < parent.metrics["mean"] < parent.metrics["mean_high"]
    assert {"plan.json", "trials.jsonl", "spreads.json"} <= set(parent.artifacts)


def wait_until(holds, what, timeout_s=120):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)


def running_children(folder):
    files = list((folder / "state" / "running").glob("*/children/1/steps.jsonl"))
    return [json.loads(line)["run_id"] for file in files for line in file.read_text().splitlines() if "run_id" in line]


@pytest.mark.slow
def test_sweep_killed_with_9_leaves_no_child_behind_and_goes_on_with_what_is_left(folder):
    go = folder / "go"
    words = ["sweep", "die.py:die", "--grid", "num_throws=10,20", "--set", f"wait_for={go}", "--seed", "7"]
    process = subprocess.Popen(
        [SEEDBED, *words, "--workers", "1", "--json"], env=environment(folder), cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: running_children(folder), "the second trial is running")
    left_alone = json.loads(seedbed(folder, "runs", "gc", "--older-than", "0", "--yes", "--json").stdout)
    working = {item["name"] for item in left_alone["must_stay"] if item["reason"] == "a process works on it"}
    assert len(working) == 2  # the sweep and its second trial
    assert not working & {item["name"] for item in left_alone["removed"]}
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    group = process.communicate()[1].rpartition("--resume ")[2].strip()
    gone, alive = psutil.wait_procs(children, timeout=60)
    assert (len(gone), alive) == (len(children), [])
    left = archive(folder).get(group)
    assert left.status == "RUNNING"
    assert "trials.jsonl" in left.artifacts
    (interrupted,) = running_children(folder)
    assert archive(folder).get(interrupted).status == "KILLED"

    go.touch()
    done = seedbed(folder, "sweep", "--resume", group, "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)

    assert [(trial["number"], trial["values"]) for trial in result["trials"]] == [
        (0, {"num_throws": "10"}),
        (1, {"num_throws": "20"}),
    ]
    assert {trial["state"] for trial in result["trials"]} == {"finished"}
    assert result["run_id"] == left.run_id
    assert result["best"]["metrics"]["mean"] == max(trial["metrics"]["mean"] for trial in result["trials"])
    finished = archive(folder).get(group)
    assert (finished.status, finished.tags["seedbed.best_run"]) == ("FINISHED", result["best"]["run_id"])
    assert finished.metrics["mean"] == result["best"]["metrics"]["mean"]
    assert not (folder / "state" / "running" / left.run_id).exists()
    runs = [
        record for record in archive(folder).find("die", 100) if record.tags.get("mlflow.parentRunId") == left.run_id
    ]
    assert len(runs) == 3  # the first once, the second twice
    swept = json.loads(seedbed(folder, "runs", "gc", "--older-than", "0", "--yes", "--json").stdout)
    assert {item["name"]: item["reason"] for item in swept["must_stay"]}[interrupted] == (
        f"part of {left.run_id[:8]}, which stays"
    )
    assert not {record.run_id for record in runs} & {item["name"] for item in swept["removed"]}


class Hopeless(Search):
    """Asks for one trial, and gives it up at its second step."""

    def __init__(self):
        self.left = [Candidate(0, 7, {"num_throws": "20"})]
        self.told = []

    def ask(self):
        return self.left.pop() if self.left else None

    def tell(self, trial, value):
        self.told.append((trial.state, value))

    def is_hopeless(self, number, step, value):
        return step == 2


@pytest.mark.slow
def test_trial_that_is_hopeless_is_ended_and_recorded_as_pruned(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SEEDBED_HOME", str(folder / "state"))
    experiment = f"{folder / 'die.py'}:die"
    common = {"kind": "optuna", "seeds": (7,), "metric": "mean", "num_trials": 1, "num_workers": 1}
    plan = Plan(experiment=experiment, overrides=("wait_for=never",), **common)
    search, written = Hopeless(), []

    with wiring.tracked_run("die", {}, seed=7) as run:
        (trial,) = run_group(run, plan, search, Journal(run.artifacts), lambda: written.append(1))

    assert (trial.state, trial.metrics, trial.error, written) == ("pruned", {}, "", [1])
    assert search.told == [("pruned", None)]
    assert archive(folder).get(trial.run_id).status == "KILLED"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("run die.py:die --seeds 0-3 --seed 1", "--seed is one and --seeds are several"),
        ("run die.py:die --seeds 3", "a spread takes 2 to 1000"),
        ("sweep", "no experiment is named. Example: seedbed sweep"),
        ("sweep die.py:die", "nothing is varied"),
        ("sweep die.py:die --grid num_throw=1,2", "did you mean 'num_throws'"),
        ("sweep die.py:die --resume 1234", "leave out experiment"),
        ("sweep --resume 1234 --trials 9", "only --workers and --json mean something"),
    ],
)  # fmt: skip
def test_wrong_words_are_one_line_with_exit_code_2(folder, words, told):
    done = seedbed(folder, *words.split())

    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len([line for line in done.stderr.splitlines() if line != "noise of an import"]) == 1
