"""Make real runs again from their ids, as users do.

tests/e2e/test_reproduce_command.py - v0.1.0
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import planted
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.seeds import SeedPlan
from tests.integration.test_experiment_runs import DOCUMENTS, QUESTIONS
from tests.repositories import clone_as_it_is, git

PROJECT = Path(__file__).parents[2]
NUM_COMMITS = 10
STEPS = '''
import os
import signal

from pydantic import BaseModel, ConfigDict


class StepsConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    num_steps: int = 6


def steps(config: StepsConfig, run):
    """Add one draw a step, and be killed in the fourth unless there is a checkpoint."""
    file = run.checkpoints / "sums.txt"
    sums = [float(line) for line in file.read_text().split()] if file.is_file() else [0.0]
    run.log_costs({"begun_at": len(sums)})
    for step in range(len(sums), config.num_steps + 1):
        if step == 4 and run.checkpoints.name == run.run_id:
            os.kill(os.getpid(), signal.SIGKILL)
        sums.append(sums[-1] + run.seeds.generator(f"step {step}").random())
        run.checkpoints.mkdir(parents=True, exist_ok=True)
        file.write_text(" ".join(map(repr, sums)))
    return {"sum": sums[-1]}
'''


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("e2e") / "home"


def seedbed(folder: Path, store: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on the code of the folder."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith(("_NUM_THREADS", "HASHSEED"))}
    environment |= {"SEEDBED_HOME": str(store), "PYTHONPATH": f"{folder / 'src'}:{folder}"}
    command = [str(Path(sys.executable).with_name("seedbed")), *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280, check=False
    )


def write_corpus(folder: Path) -> None:
    (folder / "qrels").mkdir(parents=True)
    lines = {
        "corpus.jsonl": [json.dumps({"_id": name, "title": "", "text": text}) for name, text in DOCUMENTS.items()],
        "queries.jsonl": [json.dumps({"_id": name, "text": text}) for name, (text, _) in QUESTIONS.items()],
        "qrels/test.tsv": ["query-id\tcorpus-id\tscore", *(f"{q}\t{d}\t1" for q, (_, d) in QUESTIONS.items())],
    }
    for name, rows in lines.items():
        (folder / name).write_text("\n".join(rows) + "\n")


def ran(folder: Path, store: Path, *words: str) -> dict[str, Any]:
    """Return what the command prints; it has to succeed."""
    done = seedbed(folder, store, *words, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def later_commits(folder: Path, *experiments: str) -> None:
    """Let the tree move on: afterwards these experiments cannot be called any more."""
    for number in range(NUM_COMMITS):
        for name in experiments:
            (folder / "pipelines" / "experiments" / f"{name}.py").write_text(f"raise SystemExit({number})\n")
        git(folder, "commit", "-q", "-a", "-m", f"{number}")


@pytest.fixture
def clones(tmp_path) -> tuple[Path, Path]:
    for name in ("first", "second"):
        clone_as_it_is(PROJECT, tmp_path / name)
    return tmp_path / "first", tmp_path / "second"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_retrieval_is_reproduced_from_another_clone_after_ten_commits(clones, tmp_path, store):
    """Which also runs it twice in fresh processes, and with nothing left of the first run's index."""
    first, second = clones
    for clone in clones:
        write_corpus(clone / "data" / "scifact")  # a folder that git ignores
    words = ("--set", "corpus.kind=beir", "--set", "corpus.path=data/scifact", "--set", "num_bootstrap=100")
    result = ran(first, store, "run", "retrieval", "--seed", "7", *words)
    (first / "data").rename(tmp_path / "away")
    later_commits(second, "retrieval")

    verdict = ran(second, store, "reproduce", result["run_id"][:8])
    assert (verdict["status"], verdict["differences"], verdict["is_reproduced"]) == ("reproduced bit for bit", [], True)
    archive = MlflowArchive(TrackingConfig(), store)
    old, new = archive.get(result["run_id"]), archive.get(verdict["new_run_id"])
    assert old.tags["seedbed.reproduced_by"] == new.run_id != old.run_id
    assert new.tags["seedbed.reproduces"] == old.run_id
    assert new.tags["seedbed.results_digest"] == old.tags["seedbed.results_digest"] == result["results_digest"]
    assert new.metrics["cost/num_embedded"] == len(DOCUMENTS) + len(QUESTIONS)
    assert old.tags["seedbed.model.encoder"] == new.tags["seedbed.model.encoder"]
    assert old.tags["seedbed.entry"] == "console script"
    assert old.tags["seedbed.git.commit"] == git(first, "rev-parse", "HEAD")
    assert git(second, "status", "--porcelain") == ""

    here = seedbed(second, store, "reproduce", result["run_id"], "--here", "--json")
    assert here.returncode == 1, here.stderr
    assert json.loads(here.stdout)["differences"][0]["kind"] == "run"
    assert git(second, "worktree", "list").count("\n") == 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ner_training_and_scoring_are_reproduced_from_another_clone_with_the_model_of_then(clones, store):
    first, second = clones
    for name, people in {"train": ("Ann", "Ben"), "dev": ("Ann",), "test": ("Ben",)}.items():
        lines = [f"[{person}|PERSON] lives in [{place}|GPE]." for person in people for place in ("Oslo", "Rome")]
        (first / "data" / f"{name}.txt").write_text("\n".join(lines) + "\n")
    git(first, "add", "-A")
    git(first, "commit", "-q", "-m", "texts")
    git(second, "pull", "-q", "--rebase", str(first), "HEAD")
    paths = [f"data.{name}=data/{name}.txt" for name in ("train", "dev", "test")]
    words = ("training.architecture=tok2vec", "training.max_epochs=2", "data.behaviour=null", "register_model=false")
    trained = ran(first, store, "run", "ner-train", "--seed", "7", *(f"--set={word}" for word in (*paths, *words)))
    archive = MlflowArchive(TrackingConfig(), store)
    digest = archive.get(trained["run_id"]).tags["seedbed.model_digest"]
    scored = ran(first, store, "run", "ner-evaluate", "--set=corpus.path=data/test.txt", f"--set=ner.model={digest}")
    assert scored["metrics"]["f1"] == trained["metrics"]["f1"]
    for name in ("train", "dev", "test"):
        (second / "data" / f"{name}.txt").unlink()
    later_commits(second, "ner_train", "ner_evaluate")

    for run in (trained, scored):
        verdict = ran(second, store, "reproduce", run["run_id"])
        assert (verdict["status"], verdict["differences"]) == ("reproduced bit for bit", [])
    again = archive.get(archive.get(trained["run_id"]).tags["seedbed.reproduced_by"])
    assert (again.tags["seedbed.model_digest"], again.tags["seedbed.result.model"]) == (digest, digest)
    tags = archive.get(scored["run_id"]).tags
    assert (tags["seedbed.pin.ner.model"], tags["seedbed.model.ner"]) == (digest, digest)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_run_goes_on_from_its_checkpoint_and_ends_as_if_nothing_had_been(tmp_path, store):
    git(tmp_path, "init", "-q")
    (tmp_path / "steps.py").write_text(STEPS)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "steps")
    killed = seedbed(tmp_path, store, "run", "steps.py:steps", "--seed", "7")
    assert killed.returncode == -9
    (run_id,) = (path.name for path in (store / "checkpoints").iterdir())

    result = ran(tmp_path, store, "run", "--resume", run_id[:8])
    total = 0.0
    for step in range(1, 7):
        total += SeedPlan(root=7).generator(f"step {step}").random()
    assert result["metrics"] == {"sum": total}
    archive = MlflowArchive(TrackingConfig(), store)
    old, new = archive.get(run_id), archive.get(result["run_id"])
    assert (old.status, new.status, new.tags["seedbed.resumes"]) == ("KILLED", "FINISHED", run_id)
    assert new.metrics["cost/begun_at"] == 4
    assert list((store / "checkpoints").iterdir()) == []


@pytest.mark.slow  # one of the twelve; `make bench ARGS=planted` has all, and ten with nothing planted
def test_change_that_is_planted_before_the_command_is_named(capsys):
    assert planted.main(["--clean", "0", "--only", "data"]) == 0
    assert "1 of 1 named; 0 false alarms" in capsys.readouterr().out
