"""State what a run of an experiment returns, and which metrics are refused.

tests/unit/experiments/test_run.py - v0.1.0
"""

from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict

from seedbed.errors import UserError
from seedbed.experiments.define import Experiment
from seedbed.experiments.run import run_experiment
from seedbed.tracking.run import Run
from tests.unit.tracking.listing import ListingTracker


class Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = 3


def run_function(function, tmp_path, seed=7):
    tracker = ListingTracker()
    run = Run(tracker, run_id="1f3a", experiment="mine", seed=seed, home=tmp_path)
    experiment = Experiment(name="mine", function=function, config_model=Config, source=Path("mine.py"))
    return run_experiment(experiment, Config(), run), tracker


def returning(metrics):
    def measure(config, run):
        return metrics

    return measure


def test_result_says_what_ran_and_what_came_out(tmp_path):
    def measure(config, run):
        run.use_data("numbers", "d1")
        run.log_costs({"num_embedded": 12})
        return {"size": config.size, "array": np.float32(0.5), "matrix": np.array(2)}

    result, tracker = run_function(measure, tmp_path)

    assert (result.run_id, result.experiment, result.seed) == ("1f3a", "mine", 7)
    assert result.metrics == {"size": 3.0, "array": 0.5, "matrix": 2.0}
    assert {type(value) for value in result.metrics.values()} == {float}
    assert result.num_embedded == 12
    assert result.data_digest
    assert result.artifacts == "memory:1f3a"
    assert result.metrics in [batch.metrics for batch in tracker.batches]


def test_what_is_returned_is_what_the_record_shows_of_a_metric_that_was_logged_on_the_way(tmp_path):
    def measure(config, run):
        for step in (1, 3, 2):
            run.log_metrics({"loss": 1 / step}, step=step)
        run.log_metrics({"other": 1.0}, step=9)
        return {"loss": 9.0, "size": 1}

    _, tracker = run_function(measure, tmp_path)
    # A store shows the value of the highest step.
    assert max((batch.step, batch.metrics["loss"]) for batch in tracker.batches if "loss" in batch.metrics) == (4, 9.0)


def test_equal_results_have_equal_digests_whatever_they_cost(tmp_path):
    def measured(value, cost, rows):
        def measure(config, run):
            run.log_costs({"seconds": cost})
            run.record_result("rows", rows)
            return {"value": value}

        return run_function(measure, tmp_path)[0].results_digest

    digest = measured(0.1, 1.0, "r1")
    assert measured(0.1, 2.0, "r1") == digest
    assert measured(float(np.nextafter(0.1, 1)), 1.0, "r1") != digest
    assert measured(0.1, 1.0, "r2") != digest


def test_metric_of_the_run_counts_once_however_it_was_told(tmp_path):
    def measure(config, run):
        run.log_metrics({"value": 0.1})
        return {"value": 0.1}

    told, untold = (run_function(function, tmp_path)[0] for function in (measure, returning({"value": 0.1})))

    assert told.results_digest == untold.results_digest


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        pytest.param(None, "returned None, not metrics", id="nothing"),
        pytest.param({}, "returned {}, not metrics", id="no metric"),
        pytest.param([0.5], r"returned \[0.5\], not metrics", id="a list"),
        pytest.param({"recall": float("nan")}, "recall=nan; a metric is one finite number", id="nan"),
        pytest.param({"recall": float("inf")}, "recall=inf", id="infinite"),
        pytest.param({"recall": "0.5"}, "recall='0.5'", id="text"),
        pytest.param({"recall": True}, "recall=True", id="a comparison"),
        pytest.param({"recall": None}, "recall=None", id="missing value"),
        pytest.param({"recall": np.array([1.0, 2.0])}, r"recall=array", id="several numbers"),
        pytest.param({"recall@10": 0.5}, "metric named 'recall@10'", id="character"),
        pytest.param({"": 0.5}, "metric named ''", id="empty name"),
        pytest.param({3: 0.5}, "metric named 3", id="number as name"),
        pytest.param({"a" * 300: 0.5}, "metric named", id="long name"),
    ],
)
def test_metrics_that_mean_nothing_are_refused_in_one_line(returned, words, tmp_path):
    with pytest.raises(UserError, match=words) as caught:
        run_function(returning(returned), tmp_path)

    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_refused_metrics_are_not_recorded(tmp_path):
    recorded = []

    class Spy(ListingTracker):
        def log(self, run_id, batch):
            recorded.append(batch)

    run = Run(Spy(), run_id="1f3a", experiment="mine", seed=7, home=tmp_path)
    experiment = Experiment("mine", returning({"a": 1, "b": float("nan")}), Config, Path("mine.py"))
    with pytest.raises(UserError):
        run_experiment(experiment, Config(), run)

    assert recorded == []
