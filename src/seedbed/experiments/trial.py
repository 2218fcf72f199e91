"""Describe one of several runs that belong together, and what they are made of.

src/seedbed/experiments/trial.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Trial
    BaseModel <|-- Axis
    BaseModel <|-- Plan
    Plan ..> Axis : holds
```
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Trial(BaseModel):
    """One child run, as it ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    seed: int
    values: Mapping[str, str] = {}
    """What was set for it, as `--set` takes it."""
    state: Literal["finished", "pruned", "failed"]
    run_id: str = ""
    metrics: Mapping[str, float] = {}
    results_digest: str = ""
    error: str = ""
    seconds: float = 0.0


class Axis(BaseModel):
    """One key and what it may become: the values of a list, or every number between two bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    """Both bounds are allowed values; read only when there are no `values`."""
    is_integer: bool = False
    is_log: bool = False
    """Whether the order of magnitude is what is drawn evenly."""


class Plan(BaseModel):
    """What a group of runs is to do: written before the first one starts, read when a killed one goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["seeds", "grid", "optuna"]
    experiment: str
    """Its name or path/to/file.py:function."""
    overrides: tuple[str, ...] = ()
    """What is set for all of them, as `--set` takes it."""
    seeds: tuple[int, ...]
    """One run for each; a sweep has one seed, and every trial is run with it."""
    axes: tuple[Axis, ...] = ()
    metric: str = ""
    """What is searched for; "" takes the first that all finished trials returned."""
    minimize: bool = False
    num_trials: int
    num_workers: int
