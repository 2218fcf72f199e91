"""Plant twelve changes before real reproductions, and count what is named right and what is a false alarm.

benchmarks/planted.py - v0.1.0

Every verdict is that of the command `seedbed reproduce`, in a process of its own, on a small repository with a cheap
experiment. Run it: python -m benchmarks.planted [--clean 10] [--only seed --only data]; four minutes on two idle cores.

```mermaid
flowchart LR
    main --> Project & false_alarms & missed
    missed --> PLANTS
```
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from seedbed.tracking.adapters.mlflow import MlflowTracker
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.record import RunBatch

EXPERIMENT = '''
import os
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from metric import mean


class DieConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    num_throws: int = 1000
    data: Path = Path("data/numbers.txt")
    model: Path = Path("model.bin")


def die(config: DieConfig, run):
    """Throw a die, weigh and add."""
    run.use_data("numbers", source=config.data)
    run.use_model("weights", source=config.model)
    encoder = os.environ.get("PLANTED_ENCODER", "torch fp32")  # as `auto` takes what the machine is best at
    run.set_tags({"seedbed.encoder": encoder})
    throws = run.seeds.generator("throws").integers(1, 7, config.num_throws) / 7
    throws = throws.astype(np.float16 if "bf16" in encoder else np.float32)
    parts = np.array_split(throws, int(os.environ["OMP_NUM_THREADS"]))  # as libraries cut sums by threads
    total = sum((part.cumsum()[-1] for part in parts), np.float32(0))
    (run.artifacts / "throws.txt").write_text(" ".join(map(str, throws)))
    shift = getattr(config, "shift", 0.0)
    added = sum(map(float, config.data.read_text().split()))
    return {"total": float(total) + shift, "mean": mean(throws) + added}
'''
METRIC = '"""Measure."""\n\n\ndef mean(throws):\n    return float(throws.mean())\n'
SHIFT = "num_throws: int = 1000\n    shift: float = 0.5"


@dataclass(frozen=True)
class Project:
    """A repository with an experiment, data and a model that git ignores, and one recorded run."""

    folder: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    """What the next commands are given beside the surroundings."""

    def begin(self) -> None:
        """Write everything and commit what is code."""
        (self.folder / "data").mkdir(parents=True)
        files = {"die.py": EXPERIMENT, "metric.py": METRIC, ".gitignore": "data/\nmodel.bin\n__pycache__/\n"}
        for name, text in (files | {"data/numbers.txt": "1 2 3", "model.bin": "weights"}).items():
            (self.folder / name).write_text(text)
        self.git("init", "--quiet")
        self.commit()

    @cached_property
    def run_id(self) -> str:
        """The run that changes are planted for."""
        return str(self.answer("run", "die.py:die", "--seed", "7")["run_id"])

    def seedbed(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line here, on one thread."""
        dropped = ("PYTHONHASHSEED", "PYTHONPATH")
        environment = {name: text for name, text in os.environ.items() if name not in dropped}
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        own = {"SEEDBED_HOME": str(self.home), "PYTHONPATH": str(self.folder)}
        command = [str(Path(sys.executable).with_name("seedbed")), *words, "--json"]
        environment |= threads | own | self.variables
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=900, check=False
        )

    def answer(self, *words: str) -> dict[str, Any]:
        """Return what the command prints, and its exit code."""
        done = self.seedbed(*words)
        if not done.stdout:
            raise SystemExit(f"{' '.join(words)} failed: {done.stderr}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer | {"exit_code": done.returncode}

    def git(self, *words: str) -> None:
        """Run git here as an author of its own."""
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *who, "-C", str(self.folder), *words], capture_output=True, check=True)

    def commit(self) -> None:
        """Commit everything that is not ignored."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a state")

    def artifact(self, name: str) -> Path:
        """Return where the store keeps a file of the run."""
        return self.home / "artifacts" / self.run_id / "artifacts" / name

    def tag(self, name: str, text: str) -> None:
        """Write a tag of the run in the store."""
        batch = RunBatch(tags={f"seedbed.{name}": text}, timestamp_ms=1)
        MlflowTracker(TrackingConfig(), self.home).log(self.run_id, batch)


@contextmanager
def _rewritten(file: Path, old: str, new: str) -> Iterator[None]:
    text = file.read_text("utf-8")
    file.write_text(text.replace(old, new), "utf-8")
    yield
    file.write_text(text, "utf-8")


@contextmanager
def _committed(project: Project, name: str, old: str, new: str) -> Iterator[None]:
    with _rewritten(project.folder / name, old, new):
        project.commit()
        yield
    project.commit()


@contextmanager
def _given(project: Project, **variables: str) -> Iterator[None]:
    project.variables.update(variables)
    yield
    project.variables.clear()


@contextmanager
def _another_version(project: Project) -> Iterator[None]:
    """Let the run know of a package that is here in another version."""
    for version in ("1.0", "1.1"):
        (project.folder.parent / version / f"planted-{version}.dist-info").mkdir(parents=True)
    folder = project.folder.parent
    with _given(project, PYTHONPATH=f"{folder / '1.0'}:{project.folder}"):
        another = Project(project.folder, project.home, project.variables)
        project.__dict__["run_id"], before = another.run_id, project.run_id
    with _given(project, PYTHONPATH=f"{folder / '1.1'}:{project.folder}"):
        yield
    project.__dict__["run_id"] = before


@contextmanager
def _another_seed(project: Project) -> Iterator[None]:
    project.tag("seed", "8")
    yield
    project.tag("seed", "7")


@contextmanager
def _another_python(project: Project) -> Iterator[None]:
    """Let the run have been made by another Python: where only one is installed, the record has to say so."""
    here = ".".join(map(str, sys.version_info[:3]))
    with _rewritten(project.artifact("provenance.json"), f'"python": "{here}"', '"python": "3.12.9"'):
        project.tag("python", "3.12.9")
        yield
        project.tag("python", here)


@contextmanager
def _lost_commit(project: Project) -> Iterator[None]:
    """Take the commit away for good; nothing can be planted after it."""
    project.git("checkout", "--quiet", "--orphan", "another")
    project.commit()
    project.git("branch", "--quiet", "--delete", "--force", "main")
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "--quiet", "--prune=now")
    yield


@contextmanager
def _gone(file: Path) -> Iterator[None]:
    aside = file.rename(file.with_name("aside"))
    yield
    aside.rename(file)


type Plant = Callable[[Project], AbstractContextManager[None]]
HERE = ("--here",)
PLANTS: dict[str, tuple[Plant, Sequence[str], str]] = {
    "data": (lambda p: _rewritten(p.folder / "data/numbers.txt", "3", "4"), (), "data: numbers was "),
    "dependency": (_another_version, (), "environment: package planted was 1.0, is 1.1"),
    "seed": (_another_seed, (), "seed: seed was 7, is 8"),
    "default": (
        lambda p: _committed(p, "die.py", "num_throws: int = 1000", SHIFT),
        HERE,
        "config: shift was not there",
    ),
    "dirty file": (
        lambda p: _rewritten(p.folder / "die.py", "1, 7,", "1, 8,"),
        HERE,
        "code: what is not committed was not there",
    ),
    "threads": (lambda p: _given(p, OMP_NUM_THREADS="3"), HERE, "environment: OMP_NUM_THREADS was 1, is 3"),
    "model": (lambda p: _rewritten(p.folder / "model.bin", "weights", "weighs "), (), "model: weights was "),
    "artefact": (lambda p: _gone(p.artifact("throws.txt")), (), "record: artefact throws.txt is gone"),
    "python": (_another_python, (), "environment: Python was 3.12.9, is "),
    "encoder": (
        lambda p: _given(p, PLANTED_ENCODER="openvino bf16"),
        HERE,
        "environment: encoder was torch fp32, is openvino bf16",
    ),
    "metric code": (lambda p: _committed(p, "metric.py", "throws.mean()", "throws.max()"), HERE, "metric: mean was "),
    "commit": (_lost_commit, (), "code: commit was "),
}
"""What is changed; how it is made again: as it was, or as everything is here; and how the change has to be named."""


def missed(project: Project, names: Sequence[str]) -> list[str]:
    """Plant each change, print what is said of it, and return those that are not named."""
    wrong, recorded = [], project.run_id
    print(f"run {recorded[:8]} is made again after each change", flush=True)
    for name, (plant, words, expected) in PLANTS.items():
        if name not in names:
            continue
        with plant(project):
            verdict = project.answer("reproduce", project.run_id, *words)
        lines = [_line(each) for each in verdict["differences"]]
        said = next((line for line in lines if line.startswith(expected)), "")
        right = bool(said) and not verdict["is_reproduced"] and verdict["exit_code"] == 1
        wrong += [] if right else [name]
        print(f"{name:12} {'named' if right else 'MISSED'}  {said or verdict['why']}"[:150], flush=True)
    return wrong


def false_alarms(project: Project, number: int) -> list[str]:
    """Make so many runs again, every other one from a clone that has moved on; return what is no clean verdict."""
    if not number:
        return []
    with (project.folder / "die.py").open("a") as file:
        file.write("# not committed, and restored\n")
    group = project.answer("run", "die.py:die", "--seeds", f"0-{max(1, number - 1)}", "--workers", "2")
    project.git("checkout", "--quiet", "die.py")
    clone = Project(project.folder.with_name("clone"), project.home)
    project.git("clone", "--quiet", str(project.folder), str(clone.folder))
    (clone.folder / "die.py").write_text("raise SystemExit(1)\n")
    clone.commit()
    alarms = []
    for place, trial in enumerate(group["trials"][:number]):
        verdict = (clone if place % 2 else project).answer("reproduce", trial["run_id"])
        clean = (verdict["status"], verdict["differences"], verdict["exit_code"]) == ("reproduced bit for bit", [], 0)
        alarms += [] if clean else [f"seed {trial['seed']}: {verdict['why']}"]
    return alarms


def _line(difference: dict[str, str]) -> str:
    was, now = difference["then"] or "not there", difference["now"] or "not there"
    values = f" was {was}, is {now}" if difference["then"] or difference["now"] else ""
    return f"{difference['kind']}: {difference['what']}{values}"


def main(arguments: Sequence[str]) -> int:
    """Print what was found; return 1 when a change is not named or a clean reproduction raises an alarm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clean", type=int, default=10, help="reproductions with nothing planted")
    parser.add_argument("--only", action="append", choices=list(PLANTS), help="plant this; may be given often")
    asked = parser.parse_args(arguments)
    names = asked.only or list(PLANTS)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "project", Path(folder) / "home")
        project.begin()
        alarms = false_alarms(project, asked.clean)
        wrong = missed(project, names)
    print(*alarms, sep="\n", end="\n" if alarms else "")
    seconds = time.perf_counter() - started
    named = f"{len(names) - len(wrong)} of {len(names)} named"
    print(f"planted: {named}; {len(alarms)} false alarms on {asked.clean} clean reproductions; {seconds:.0f} s")
    return int(bool(wrong or alarms))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
