"""Plan a group of runs, and refuse what would fail in its middle.

src/seedbed/experiments/plan.py - v0.1.0

```mermaid
flowchart LR
    plan_seeds --> parse_seeds --> Plan
    plan_sweep --> grid_axis & range_axis
    plan_sweep --> Plan
    plan_sweep --> UserError
```
"""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Literal

from pydantic import BaseModel

from seedbed.errors import UserError, unknown_choice
from seedbed.experiments.define import Experiment
from seedbed.experiments.overrides import resolve
from seedbed.experiments.repeat import parse_seeds
from seedbed.experiments.space import (
    MAX_TRIALS,
    as_overrides,
    check_distinct,
    combinations,
    grid_axis,
    range_axis,
)
from seedbed.experiments.trial import Axis, Plan
from seedbed.tracking.seeds import SeedPlan, new_seed

type Sections = Mapping[str, BaseModel]
DEFAULT_TRIALS = 20
SEARCHES = ("grid", "optuna")


def plan_seeds(chosen: Experiment, name: str, seeds: str, overrides: Sequence[str], num_workers: int) -> Plan:
    """Return the plan of one run for each seed."""
    every = parse_seeds(seeds)
    return Plan(
        kind="seeds",
        experiment=words_of(chosen, name),
        overrides=tuple(overrides),
        seeds=every,
        num_trials=len(every),
        num_workers=num_workers,
    )


def plan_sweep(
    chosen: Experiment,
    name: str,
    sections: Sections,
    *,
    overrides: Sequence[str] = (),
    grid: Sequence[str] = (),
    ranges: Sequence[str] = (),
    search: str = "grid",
    num_trials: int | None = None,
    metric: str = "",
    minimize: bool = False,
    seed: int | None = None,
    num_workers: int = 1,
) -> Plan:
    """Return the plan of a sweep, in which every configuration that a grid names has been made once.

    Raises:
        UserError: what is asked for cannot be searched, or a configuration is refused by the experiment.
    """
    kind = _kind(search)
    model = chosen.config_model
    axes = (*(grid_axis(model, text) for text in grid), *(range_axis(model, text) for text in ranges))
    if not axes:
        raise UserError(f"nothing is varied; name values with --grid. Example: seedbed sweep {name} --grid key=1,2")
    check_distinct(axes, overrides)
    plan = Plan(
        kind=kind,
        experiment=words_of(chosen, name),
        overrides=tuple(overrides),
        seeds=(SeedPlan(root=new_seed() if seed is None else seed).root,),
        axes=axes,
        metric=metric,
        minimize=minimize,
        num_trials=_num_trials(kind, axes, num_trials),
        num_workers=num_workers,
    )
    for values in _samples(plan):
        resolve(model, sections, (*overrides, *as_overrides(values)))
    return plan


def words_of(chosen: Experiment, given: str) -> str:
    """Return how a child names the experiment, whatever folder a resumed group is started in."""
    return given if given == chosen.name else f"{chosen.source.resolve()}:{chosen.name}"


def _kind(search: str) -> Literal["grid", "optuna"]:
    match search:
        case "grid" | "optuna":
            return search
    raise unknown_choice("search", search, SEARCHES, example="--search optuna")


def _num_trials(kind: str, axes: Sequence[Axis], num_trials: int | None) -> int:
    endless = [axis.key for axis in axes if not axis.values]
    num_listed = prod(len(axis.values) for axis in axes) if not endless else MAX_TRIALS + 1
    if kind == "grid":
        if endless:
            raise UserError(f"--range {endless[0]} has no end of values; add --search optuna, or list some with --grid")
        if num_trials is not None:
            raise UserError(f"--trials bounds --search optuna; a grid is tried whole, here {num_listed} trials")
        if num_listed > MAX_TRIALS:
            raise UserError(
                f"the grid has {num_listed} combinations, at most {MAX_TRIALS} are tried; use --search optuna"
            )
        return num_listed
    wanted = num_trials or min(DEFAULT_TRIALS, num_listed)
    if wanted >= num_listed:
        raise UserError(
            f"--search optuna with {wanted} trials over {num_listed} combinations would try some twice; "
            "leave out --search, and each is tried once"
        )
    return wanted


def _samples(plan: Plan) -> Iterator[Mapping[str, str]]:
    """Yield every combination of a grid; of a search, every value of each axis with the first of the others."""
    if plan.kind == "grid":
        yield from combinations(plan.axes)
        return
    every = {axis.key: axis.values or tuple(_number(axis, end) for end in (axis.low, axis.high)) for axis in plan.axes}
    first = {key: values[0] for key, values in every.items()}
    for key, values in every.items():
        for value in values:
            yield {**first, key: value}


def _number(axis: Axis, end: float) -> str:
    return str(int(end)) if axis.is_integer else repr(end)
