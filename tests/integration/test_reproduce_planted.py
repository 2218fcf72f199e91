"""Plant one change after another, and see each named; see nothing named where nothing was planted.

tests/integration/test_reproduce_planted.py - v0.1.0

Runs are recorded in this process, in a real repository and a real store. What is found before anything is computed goes
through `reproduce` as users call it; what only a second run shows is recorded a second time and judged.
"""

import os
import sys
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from seedbed.errors import UserError, WorldError
from seedbed.experiments.define import load
from seedbed.experiments.overrides import resolve
from seedbed.experiments.reproduce import Reproduction
from seedbed.experiments.reproduction.checkout import with_files
from seedbed.experiments.reproduction.differences import differences
from seedbed.experiments.reproduction.evidence import read_evidence
from seedbed.experiments.reproduction.integrity import local_folder
from seedbed.experiments.reproduction.verdict import judge
from seedbed.experiments.resume import prepare
from seedbed.experiments.run import run_experiment
from seedbed.tracking.adapters.mlflow import MlflowTracker
from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.record import RunBatch
from seedbed.tracking.reopen import reopened_run
from seedbed.tracking.run import tracked_run
from seedbed.tracking.unsent import unsent_folder
from tests.repositories import git

EXPERIMENT = '''
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class DieConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    num_throws: int = 100
    data: Path = Path("data/numbers.txt")
    model: Path = Path("model.bin")


def die(config: DieConfig, run):
    """Throw a die and add numbers."""
    run.use_data("numbers", source=config.data)
    run.use_model("weights", source=config.model)
    run.set_tags({"seedbed.encoder": "torch fp32"})
    throws = run.seeds.generator("throws").integers(1, 7, config.num_throws)
    (run.artifacts / "throws.txt").write_text(" ".join(map(str, throws)))
    return {"mean": float(throws.mean()) + sum(map(float, config.data.read_text().split()))}
'''
numbers = count()


@cache
def tracker(home: Path) -> MlflowTracker:
    return MlflowTracker(TrackingConfig(), home)


@cache
def archive_in(home: Path) -> MlflowArchive:
    return MlflowArchive(TrackingConfig(), home)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def project(tmp_path, store, monkeypatch):
    """A repository with an experiment, data that git ignores and a model; it is the current folder."""
    monkeypatch.setenv("SEEDBED_HOME", str(store))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # 100 made 200 in the same second is old byte code to Python
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "numbers.txt").write_text("1 2 3")
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "die.py").write_text(EXPERIMENT)
    (folder / ".gitignore").write_text("data/\n__pycache__/\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    installed(tmp_path, "1.0", monkeypatch)
    monkeypatch.chdir(folder)
    return folder


def installed(folder: Path, version: str, monkeypatch) -> None:
    """Let a package be installed in this version, before whatever else is."""
    (folder / version / f"planted-{version}.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(folder / version), *sys.path])


def record(seed: int = 7, *overrides: str) -> str:
    """Run the experiment as it lies in the current folder, and return the run's id."""
    experiment = load(f"{Path('die.py').resolve()}:die", None)
    config = resolve(experiment.config_model, overrides=overrides)
    with recording(config, seed=seed, tags={"seedbed.recipe": "die.py:die"}) as run:
        run_experiment(experiment, config, run)
    return run.run_id


def home() -> Path:
    return Path(os.environ["SEEDBED_HOME"])


def recording(config, **more):
    return tracked_run("die", config, tracker=tracker(home()), home=home(), **more)


def archive() -> MlflowArchive:
    return archive_in(home())


def reproduce(run_id: str):
    return Reproduction(archive(), tracker(home()), archive_in, home(), Path.cwd()).reproduce(run_id)


def again(run_id: str, tmp_path: Path, project: Path, *overrides: str, seed: int = 7):
    """Record the run a second time, as everything is now, and judge it."""
    then = read_evidence(archive(), run_id, tmp_path / run_id)
    now = read_evidence(archive(), record(seed, *overrides), tmp_path / "now" / str(next(numbers)))
    return judge(then, now, with_files(differences(then, now), then, now, project))


def artifact(run_id: str, name: str) -> Path:
    return (local_folder(archive().get(run_id).artifact_uri) or Path()) / name


def tag(run_id: str, **tags: str) -> None:
    tracker(home()).log(run_id, RunBatch(tags={f"seedbed.{name}": text for name, text in tags.items()}, timestamp_ms=1))


def plant_a_byte_of_data(run_id, project, tmp_path, monkeypatch):
    (project / "data" / "numbers.txt").write_text("1 2 4")
    return "data: numbers was "


def plant_another_package_version(run_id, project, tmp_path, monkeypatch):
    installed(tmp_path, "1.1", monkeypatch)
    return "environment: package planted was 1.0, is 1.1"


def plant_another_seed(run_id, project, tmp_path, monkeypatch):
    tag(run_id, seed="8")
    return "seed: seed was 7, is 8"


def plant_another_default(run_id, project, tmp_path, monkeypatch):
    file = artifact(run_id, "config.json")
    file.write_text(file.read_text().replace("100", "200"))
    return "config: num_throws was 100, is 200"


def plant_a_deleted_artifact(run_id, project, tmp_path, monkeypatch):
    artifact(run_id, "throws.txt").unlink()
    return "record: artefact throws.txt is gone"


def plant_a_deleted_stamp(run_id, project, tmp_path, monkeypatch):
    artifact(run_id, "provenance.json").unlink()
    return "record: artefact provenance.json is gone"


def plant_another_python(run_id, project, tmp_path, monkeypatch):
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    return f"environment: Python was {sys.version.split()[0]}, is 3.99.0"


def plant_a_commit_that_is_nowhere(run_id, project, tmp_path, monkeypatch):
    git(project, "commit", "-q", "--amend", "-m", "another")
    git(project, "reflog", "expire", "--expire=now", "--all")
    git(project, "gc", "-q", "--prune=now")
    return "code: commit was "


def plant_an_altered_patch(run_id, project, tmp_path, monkeypatch):
    file = artifact(run_id, "diff.patch")
    file.write_bytes(file.read_bytes().replace(b"+# not committed", b"+# something else"))
    return "code: diff.patch was "


@pytest.mark.parametrize(
    "plant",
    [
        plant_a_byte_of_data,
        plant_another_package_version,
        plant_another_seed,
        plant_another_default,
        plant_a_deleted_artifact,
        plant_a_deleted_stamp,
        plant_another_python,
        plant_a_commit_that_is_nowhere,
        plant_an_altered_patch,
    ],
)
def test_planted_change_is_named_before_anything_is_computed(project, tmp_path, monkeypatch, plant, store):
    if plant is plant_an_altered_patch:
        with (project / "die.py").open("a") as file:
            file.write("# not committed\n")
    run_id = record(next(numbers)) if plant is not plant_another_seed else record(7)
    words = plant(run_id, project, tmp_path, monkeypatch)
    verdict = reproduce(run_id)
    assert verdict.status == "not reproduced"
    assert verdict.why.startswith(f"first difference: {words}")
    assert verdict.new_run_id is None
    assert archive().get(run_id).tags["seedbed.reproduction"].startswith(f"not reproduced: {verdict.why[:40]}")


def test_byte_of_a_model_beside_the_repository_is_named(project, tmp_path):
    model = tmp_path / "model.bin"
    model.write_bytes(b"weights")
    run_id = record(7, f"model={model}")
    model.write_bytes(b"weighs ")
    assert "first difference: model: weights was " in reproduce(run_id).why


def test_dirty_file_is_named_when_results_move(project, tmp_path):
    run_id = record()
    (project / "die.py").write_text(EXPERIMENT.replace("integers(1, 7", "integers(1, 8"))
    verdict = again(run_id, tmp_path, project)
    assert verdict.status == "not reproduced"
    assert verdict.why.startswith("first difference: code: what is not committed was not there")
    assert verdict.differences[0].hint == "files: die.py"
    assert {each.what for each in verdict.differences if each.kind == "metric"} == {"mean"}


def test_metric_code_of_another_commit_is_named_with_its_file(project, tmp_path):
    run_id = record()
    (project / "die.py").write_text(EXPERIMENT.replace("throws.mean()", "throws.max()"))
    git(project, "commit", "-q", "-a", "-m", "another metric")
    verdict = again(run_id, tmp_path, project)
    assert [(each.kind, each.what) for each in verdict.differences] == [("code", "commit"), ("metric", "mean")]
    assert verdict.differences[0].hint == "files: die.py"


def test_default_that_became_another_is_named_by_its_key(project, tmp_path):
    run_id = record()
    (project / "die.py").write_text(EXPERIMENT.replace("num_throws: int = 100", "num_throws: int = 200"))
    git(project, "commit", "-q", "-a", "-m", "another default")
    found = again(run_id, tmp_path, project).differences
    assert "config: num_throws was 100, is 200" in map(str, found)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"OMP_NUM_THREADS": "3"}, "environment: OMP_NUM_THREADS was 1, is 3"),
        ({"encoder": "openvino bf16"}, "environment: encoder was torch fp32, is openvino bf16"),
        ({"seed": "8"}, "seed: seed was 7, is 8"),
    ],
)
def test_threads_encoder_and_seed_of_a_second_run_are_named(project, tmp_path, monkeypatch, now, words):
    run_id = record()
    for name, value in now.items():
        if name == "encoder":
            (project / "die.py").write_text(EXPERIMENT.replace("torch fp32", value))
            git(project, "commit", "-q", "-a", "-m", "another encoder")
        elif name != "seed":
            monkeypatch.setenv(name, value)
    verdict = again(run_id, tmp_path, project, seed=int(now.get("seed", 7)))
    assert words in map(str, verdict.differences)
    assert verdict.is_reproduced is (now.get("seed") is None)


def test_ten_clean_repetitions_raise_no_alarm(project, tmp_path):
    with (project / "die.py").open("a") as file:
        file.write("# dirty, and restored\n")
    for seed in range(10):
        verdict = again(record(seed), tmp_path, project, seed=seed)
        assert (verdict.status, verdict.differences) == ("reproduced bit for bit", ())


def test_run_without_results_and_foreign_run_are_refused_with_the_next_command(project, monkeypatch):
    with pytest.raises(RuntimeError), recording({}, tags={"seedbed.recipe": "x.py:x"}) as failed:
        raise RuntimeError("no")
    with pytest.raises(UserError, match=r"is FAILED .* Next: seedbed run --resume"):
        reproduce(failed.run_id)
    with recording({}) as foreign:
        foreign.log_metrics({"a": 1.0})
    with pytest.raises(UserError, match=r"was not made by .* but by: pytest"):
        reproduce(foreign.run_id)
    assert list((home() / "reproductions").iterdir()) == []
    assert git(project, "worktree", "list").count("\n") == 0


def test_run_goes_on_only_when_it_was_cut_off(project, store):
    parts = (archive(), tracker(store), store)
    with pytest.raises(UserError, match=r"has finished, .* Next: seedbed reproduce"):
        prepare(record(), *parts)
    with (
        recording({"a": 1}, tags={"seedbed.recipe": "x.py:x"}) as alive,
        pytest.raises(UserError, match="still running"),
    ):
        prepare(alive.run_id, *parts)
    with pytest.raises(KeyboardInterrupt), recording({"a": 1}, tags={"seedbed.recipe": "x.py:x"}, seed=3) as cut:
        raise KeyboardInterrupt
    found = prepare(cut.run_id[:8], *parts)
    assert (found.recipe, found.seed, found.config, found.begun_as) == ("x.py:x", 3, {"a": 1}, cut.run_id)
    with pytest.raises(KeyboardInterrupt), recording({"a": 1}, tags=found.tags | {"seedbed.recipe": "x"}) as second:
        raise KeyboardInterrupt
    assert prepare(second.run_id, *parts).begun_as == cut.run_id
    with (
        recording({}, begun_as=cut.run_id),
        pytest.raises(WorldError, match=f"what run {cut.run_id[:8]} has begun is in use by process"),
        recording({}, begun_as=cut.run_id),
    ):
        pytest.fail("two at once would destroy each other's checkpoints")
    with pytest.raises(KeyboardInterrupt), recording({}) as foreign:
        raise KeyboardInterrupt
    with pytest.raises(UserError, match="does not say which experiment"):
        prepare(foreign.run_id, *parts)


def test_run_whose_results_wait_on_disk_is_sent_before_it_goes_on(project, store):
    with pytest.raises(KeyboardInterrupt), recording({"a": 1}, tags={"seedbed.recipe": "x.py:x"}) as cut:
        raise KeyboardInterrupt
    unsent_folder(store).joinpath(cut.run_id).mkdir(parents=True)
    parts = {"archive": archive(), "tracker": tracker(store), "home": store}
    with pytest.raises(UserError, match=r"waits on disk, .* Next: seedbed runs push"):
        prepare(cut.run_id, **parts)
    with (
        pytest.raises(UserError, match=r"waits on disk, .* Next: seedbed runs push"),
        reopened_run(cut.run_id, **parts, files=()),
    ):
        pytest.fail("a push would overwrite this")
