"""Let real processes want the default model at once, and cut one of them off while it trains.

tests/integration/test_default_model.py - v0.1.0
"""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from seedbed import wiring_ner
from seedbed.settings import load_settings

LIMIT_S = 240
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["mlflow", "seedbed.ner.adapters.encoder_training"])


@pytest.fixture
def project(tmp_path):
    """A folder whose annotated texts are so few that an epoch takes no time."""
    folder = tmp_path / "project"
    for split in ("train", "dev", "test"):
        (folder / "data" / "ner" / "source" / split).mkdir(parents=True)
        (folder / "data" / "ner" / "source" / split / "a.txt").write_text(f"[Ann|PERSON] is in {split}.\n")
    (folder / "data" / "ner" / "behaviour.yaml").write_text(
        "{thresholds: {minimum: 0.5}, minimum: ['Nothing.'], invariance: [], names: {}, direction: []}"
    )
    (folder / "pyproject.toml").touch()
    return folder


def ensure(project: Path, home: Path, dies: bool) -> None:
    """Do what the start of the server does; note each epoch; `dies`: as soon as one epoch is on disk."""
    from seedbed.ner.adapters import encoder_checkpoint
    from seedbed.ner.adapters.encoder_fitting import Fitting

    real_epoch, real_save = Fitting.epoch, encoder_checkpoint.save

    def epoch(self: Fitting, rows: Any, number: int, *rest: Any) -> float:
        with (project / "epochs").open("a") as stream:
            stream.write(f"{os.getpid()} {number}\n")
        return real_epoch(self, rows, number, *rest)

    def save(*given: Any) -> None:
        real_save(*given)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)

    pytest.MonkeyPatch().setattr(Fitting, "epoch", epoch)
    pytest.MonkeyPatch().setattr(encoder_checkpoint, "save", save)
    os.environ["SEEDBED_HOME"] = str(home)
    os.chdir(project)
    wiring_ner.ensure_default_model(load_settings(), lambda *_: None)


def start(project: Path, home: Path, dies: bool = False) -> Any:
    process = _processes.Process(target=ensure, args=(project, home, dies))
    process.start()
    return process


@pytest.mark.slow  # earns it: who starts two servers on a fresh machine, or ends the first, must get one model
def test_training_that_was_cut_off_is_gone_on_with_by_one_of_two_processes(project, home):
    cut_off = start(project, home, dies=True)
    cut_off.join(LIMIT_S)
    assert cut_off.exitcode == -signal.SIGKILL

    both = [start(project, home), start(project, home)]
    for process in both:
        process.join(LIMIT_S)
    assert [process.exitcode for process in both] == [0, 0]

    (dead, first), *others = [line.split() for line in (project / "epochs").read_text().splitlines()]
    assert (dead, first) == (str(cut_off.pid), "0")
    assert len({pid for pid, _ in others}) == 1
    assert [int(number) for _, number in others] == [1, 2, 3]  # no better than the first: the patience is over
    assert len(list((home / "models" / "ner").glob("*/seedbed.json"))) == 1
    settings = load_settings()
    assert wiring_ner.recognizer(settings.ner, home).identity().version == "1"
