"""Read what a sweep may set, and refuse what the experiment would.

src/seedbed/experiments/space.py - v0.1.0

```mermaid
flowchart LR
    grid_axis & range_axis --> parse_overrides
    grid_axis & range_axis --> Axis
    combinations --> Axis
    grid_axis --> UserError
```
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from seedbed.errors import UserError
from seedbed.experiments.fields import example_of, find_field
from seedbed.experiments.overrides import parse_overrides
from seedbed.experiments.trial import Axis

MAX_TRIALS = 10_000
_OPENING, _CLOSING = "[{", "]}"


def grid_axis(config_model: type[BaseModel], text: str) -> Axis:
    """Return the axis of `key=value,value`; commas inside brackets and quotes belong to a value.

    Raises:
        UserError: the key is unknown, a value is not what it takes, or stands there twice.
    """
    key, equals, listed = text.partition("=")
    if not equals:
        raise UserError(f"--grid {text!r} is no key=value,value. Example: --grid {_example(config_model)},...")
    find_field(config_model, key)
    values = tuple(_split(listed))
    parsed = [parse_overrides(config_model, [f"{key}={value}"])[key] for value in values]
    if twice := next((value for i, value in enumerate(values) if parsed[i] in parsed[:i]), None):
        raise UserError(f"--grid {key} has {twice!r} twice; keep one")
    return Axis(key=key, values=values)


def range_axis(config_model: type[BaseModel], text: str) -> Axis:
    """Return the axis of `key=low:high` or `key=low:high:log`; both bounds are allowed values.

    Raises:
        UserError: the key is unknown or takes no numbers, or the bounds are none.
    """
    key, _, bounds = text.partition("=")
    low, colon, rest = bounds.partition(":")
    high, _, scale = rest.partition(":")
    if not colon or scale not in ("", "log"):
        raise UserError(
            f"--range {text!r} is no key=low:high or key=low:high:log. Example: --range learning_rate=1e-5:1e-2:log"
        )
    find_field(config_model, key)
    ends = [parse_overrides(config_model, [f"{key}={end}"])[key] for end in (low, high)]
    if any(isinstance(end, bool) or not isinstance(end, int | float) or not math.isfinite(end) for end in ends):
        raise UserError(
            f"--range {text!r}: {key!r} takes no number there; list its values. Example: --grid {key}={low},{high}"
        )
    if not ends[0] < ends[1]:
        raise UserError(f"--range {text!r}: {low} is not below {high}; the lower bound comes first")
    if scale and ends[0] <= 0:
        raise UserError(f"--range {text!r}: a logarithmic range begins above 0, not at {low}; leave out :log")
    is_integer = all(isinstance(end, int) for end in ends)
    return Axis(key=key, low=ends[0], high=ends[1], is_integer=is_integer, is_log=bool(scale))


def check_distinct(axes: Sequence[Axis], overrides: Sequence[str]) -> None:
    """Raise UserError when a key is set in two places, where one would win silently."""
    seen = {override.partition("=")[0].strip(): "--set" for override in overrides}
    for axis in axes:
        if axis.key in seen:
            raise UserError(f"{axis.key} is given by {seen[axis.key]} and by {_option(axis)}; keep one")
        seen[axis.key] = _option(axis)


def combinations(axes: Sequence[Axis]) -> Iterator[Mapping[str, str]]:
    """Yield every combination of the listed values, the last key changing fastest.

    >>> list(combinations([Axis(key="a", values=("1", "2")), Axis(key="b", values=("x",))]))
    [{'a': '1', 'b': 'x'}, {'a': '2', 'b': 'x'}]
    """
    for values in itertools.product(*(axis.values for axis in axes)):
        yield dict(zip((axis.key for axis in axes), values, strict=True))


def as_overrides(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return values as `--set` takes them."""
    return tuple(f"{key}={value}" for key, value in values.items())


def _option(axis: Axis) -> str:
    return "--grid" if axis.values else "--range"


def _example(config_model: type[BaseModel]) -> str:
    return example_of(config_model, next(iter(config_model.model_fields), "key"))


def _split(listed: str) -> Iterator[str]:
    depth, quoted, value = 0, False, ""
    for character in listed:
        if character == "," and not depth and not quoted:
            yield value
            value = ""
            continue
        quoted ^= character == '"'
        depth += 0 if quoted else (character in _OPENING) - (character in _CLOSING)
        value += character
    yield value
