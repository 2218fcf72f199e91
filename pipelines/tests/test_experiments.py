"""Hold every recipe to what `seedbed run` needs of it.

pipelines/tests/test_experiments.py - v0.1.0
"""

from pathlib import Path

import pytest

from seedbed.experiments.define import load
from seedbed.experiments.discover import names_in, project_folder
from seedbed.experiments.fields import leaf_keys
from seedbed.experiments.overrides import resolve

PROJECT = project_folder(Path(__file__).parent)


def test_retrieval_is_among_the_experiments():
    assert PROJECT is not None
    assert "retrieval" in names_in(PROJECT)


@pytest.mark.parametrize("name", names_in(PROJECT) if PROJECT else ())
def test_experiment_loads_by_name_and_runs_without_a_setting(name):
    experiment = load(name, PROJECT)

    resolve(experiment.config_model)
    assert experiment.summary.endswith(".")


@pytest.mark.parametrize("name", names_in(PROJECT) if PROJECT else ())
def test_every_key_of_an_experiment_is_bounded_and_described(name):
    experiment = load(name, PROJECT)

    assert [key for key, field in leaf_keys(experiment.config_model) if not field.description] == []
    assert experiment.config_model.model_config.get("extra") == "forbid"
