"""Check that what cannot be deterministic is refused by name, and that workers draw what they drew before.

tests/unit/experiments/test_determinism.py - v0.1.0
"""

import random

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict

from seedbed.cli.starting import Start
from seedbed.errors import UserError
from seedbed.experiments.define import Experiment
from seedbed.experiments.overrides import resolve
from seedbed.experiments.run import run_experiment
from seedbed.tracking.run import tracked_run
from seedbed.tracking.seeds import SeedPlan
from tests.unit.tracking.listing import ListingTracker


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    size: int = 4


def unpooled(config: Settings, run):
    import torch

    values, where = torch.nn.functional.max_pool1d(torch.rand(1, 1, config.size), 2, return_indices=True)
    return {"sum": float(torch.nn.MaxUnpool1d(2)(values, where).sum())}


@pytest.fixture
def torch():
    import torch

    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic
    yield torch
    torch.use_deterministic_algorithms(before[0])
    torch.backends.cudnn.deterministic = before[1]


def run(tmp_path, deterministic):
    experiment = Experiment(name="unpooled", function=unpooled, config_model=Settings, source=tmp_path)
    tracker = ListingTracker()
    with tracked_run("x", {}, tracker=tracker, home=tmp_path, seed=1, deterministic=deterministic) as opened:
        return run_experiment(experiment, Settings(), opened)


def test_operation_without_a_deterministic_form_is_refused_by_its_name_and_runs_when_asked_for(torch, tmp_path):
    with pytest.raises(UserError, match=r"calls max_unpooling2d_forward_out, which has no.*--no-deterministic"):
        run(tmp_path, True)
    assert torch.backends.cudnn.deterministic
    assert run(tmp_path, False).metrics["sum"] > 0


def test_workers_draw_different_numbers_and_the_same_in_every_run(torch):
    def drawn(number: int) -> list[float]:
        SeedPlan(root=7).seed_worker(number)
        return [random.random(), float(np.random.rand()), float(torch.rand(1))]

    assert drawn(0) == drawn(0) != drawn(1)


def test_recorded_configuration_comes_before_what_is_set_and_masked_secrets_stay_away():
    assert resolve(Settings, recorded={"size": 6}).size == 6
    assert resolve(Settings, overrides=["size=8"], recorded={"size": 6}).size == 8
    assert resolve(Settings, recorded={"size": "***"}).size == 4
    with pytest.raises(UserError, match="gone"):
        resolve(Settings, recorded={"gone": 1})


def test_configuration_that_is_none_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(UserError, match="holds no JSON object"):
        Start(config_file=str(tmp_path / "config.json")).recorded()
    with pytest.raises(UserError, match="cannot be read"):
        Start(config_file=str(tmp_path / "none.json")).recorded()
