"""State what a sweep may vary, and what is refused before anything runs.

tests/unit/experiments/test_plan.py - v0.1.0
"""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from seedbed.errors import UserError
from seedbed.experiments.define import Experiment
from seedbed.experiments.plan import plan_seeds, plan_sweep
from seedbed.experiments.search import ListedSearch
from seedbed.experiments.space import as_overrides, grid_axis
from seedbed.experiments.trial import Trial


class Inner(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: int | Literal["auto"] = "auto"


class Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    top_k: PositiveInt = Field(10, le=100)
    rate: float = 0.1
    kind: Literal["a", "b"] = "a"
    widths: tuple[int, ...] = (1,)
    chunk: Inner = Inner()

    @model_validator(mode="after")
    def _fits(self):
        if self.kind == "b" and self.top_k > 50:
            raise ValueError("kind b takes at most 50")
        return self


def measure(config: Config, run):
    """Measure."""


MANY_WIDTHS = f"widths={','.join(f'[{i}]' for i in range(101))}"
MANY_KS = f"top_k={','.join(map(str, range(1, 101)))}"
CHOSEN = Experiment(name="mine", function=measure, config_model=Config, source=Path("mine.py"))


def plan(**asked):
    return plan_sweep(CHOSEN, "mine", {}, seed=7, **asked)


def candidates(planned, done=()):
    search = ListedSearch(planned, done)
    return [(each.number, dict(each.values)) for each in iter(search.ask, None)]


def test_grid_is_every_combination_the_last_key_changing_fastest():
    planned = plan(grid=["top_k=5,10", "chunk.tokens=64,auto"])

    assert planned.num_trials == 4
    assert candidates(planned) == [
        (0, {"top_k": "5", "chunk.tokens": "64"}),
        (1, {"top_k": "5", "chunk.tokens": "auto"}),
        (2, {"top_k": "10", "chunk.tokens": "64"}),
        (3, {"top_k": "10", "chunk.tokens": "auto"}),
    ]


def test_commas_in_brackets_belong_to_the_value():
    assert grid_axis(Config, "widths=[1,2],[3]").values == ("[1,2]", "[3]")


def test_range_knows_whole_numbers_and_orders_of_magnitude():
    planned = plan(ranges=["top_k=1:50", "rate=1e-5:1e-1:log"], search="optuna", num_trials=40)

    whole, magnitude = planned.axes
    assert (whole.low, whole.high, whole.is_integer, whole.is_log) == (1, 50, True, False)
    assert (magnitude.low, magnitude.high, magnitude.is_integer, magnitude.is_log) == (1e-5, 0.1, False, True)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "nothing is varied"),
        ({"grid": ["top_kk=1,2"]}, "key 'top_kk' is unknown .did you mean 'top_k'"),
        ({"grid": ["top_k=1,0"]}, "top_k=0: Input should be greater than 0"),
        ({"grid": ["top_k"]}, "'top_k' is no key=value,value"),
        ({"grid": ["top_k=1,1"]}, "has '1' twice"),
        ({"grid": ["top_k=1,2", "top_k=3"]}, "top_k is given by --grid and by --grid"),
        ({"grid": ["top_k=1,2"], "overrides": ["top_k=3"]}, "top_k is given by --set and by --grid"),
        ({"grid": ["chunk=1"]}, "'chunk' is a section"),
        ({"grid": ["kind=a,b", "top_k=10,60"]}, "kind b takes at most 50"),
        ({"grid": ["top_k=1,2"], "num_trials": 2}, "a grid is tried whole, here 2 trials"),
        ({"grid": [MANY_WIDTHS, MANY_KS]}, "10100 combinations"),
        ({"ranges": ["rate=0:1"]}, "--range rate has no end of values"),
        ({"ranges": ["rate=1:0"], "search": "optuna"}, "1 is not below 0"),
        ({"ranges": ["rate=0:1:log"], "search": "optuna"}, "begins above 0"),
        ({"ranges": ["rate=0-1"], "search": "optuna"}, "no key=low:high"),
        ({"ranges": ["kind=a:b"], "search": "optuna"}, "takes no number"),
        ({"ranges": ["rate=0:inf"], "search": "optuna"}, "takes no number"),
        ({"ranges": ["top_k=1:500"], "search": "optuna"}, "less than or equal to 100"),
        ({"grid": ["kind=b"], "ranges": ["top_k=1:100"], "search": "optuna"}, "kind b takes at most 50"),
        ({"grid": ["top_k=1,2"], "search": "optuna", "num_trials": 9}, "would try some twice"),
        ({"grid": ["top_k=1,2"], "search": "random"}, "search 'random' is unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused_before_anything_runs(asked, words):
    with pytest.raises(UserError, match=words):
        plan(**asked)


def test_what_is_done_is_left_out_and_what_failed_is_tried_again():
    planned = plan(grid=["top_k=1,2,3,4"])
    done = [
        Trial(number=0, seed=7, state="finished"),
        Trial(number=1, seed=7, state="failed"),
        Trial(number=3, seed=7, state="pruned"),
    ]

    assert [number for number, _ in candidates(planned, done)] == [1, 2]


def test_one_run_for_each_seed_with_one_configuration():
    planned = plan_seeds(CHOSEN, "mine", "3-5", ["top_k=4"], num_workers=2)
    search = ListedSearch(planned, ())

    assert [tuple(each) for each in iter(search.ask, None)] == [(0, 3, {}), (1, 4, {}), (2, 5, {})]
    assert planned.overrides == ("top_k=4",)


def test_experiment_of_a_file_is_named_by_its_whole_path_so_that_it_is_found_from_elsewhere():
    planned = plan_seeds(CHOSEN, "mine.py:mine", "0-1", [], num_workers=1)

    assert planned.experiment == f"{Path('mine.py').resolve()}:mine"


def test_values_go_on_as_they_are_set_by_hand():
    assert as_overrides({"a": "1", "b.c": "[1,2]"}) == ("a=1", "b.c=[1,2]")
