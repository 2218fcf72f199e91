"""Refuse names and numbers that no tracking store keeps.

src/seedbed/tracking/names.py - v0.1.0

Refused here, at the first call, because a server refuses them hours later, and a spooled run after its end.

```mermaid
flowchart LR
    as_numbers --> check_name
    check_name --> UserError
```
"""

import logging
import math
import posixpath
import re
from collections.abc import Mapping

from seedbed.errors import UserError

logger = logging.getLogger(__name__)

_ALLOWED = re.compile(r"[\w.\- /]{1,250}", re.ASCII)


def check_name(kind: str, name: str) -> None:
    """Raise UserError when the name cannot be stored: at most 250 letters, digits, `_ - . /` and spaces.

    >>> check_name("metric", "recall_at_10")
    """
    if not _ALLOWED.fullmatch(name) or posixpath.normpath(name) != name or name.startswith(("/", "..")) or name == ".":
        example = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40] or "recall_at_10"
        raise UserError(
            f"{kind} name {name!r} cannot be stored; use 1 to 250 letters, digits, '_', '-', '.', '/' and spaces. "
            f"Example: {example}"
        )


def as_numbers(kind: str, values: Mapping[str, float]) -> dict[str, float]:
    """Return the values as plain floats; one that is not finite is kept and warned about."""
    numbers: dict[str, float] = {}
    for name, value in values.items():
        check_name(kind, name)
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise UserError(f"{kind} {name!r} is {value!r}, not a number; use log_params for text") from None
        if not math.isfinite(numbers[name]):
            logger.warning("value_not_finite", extra={"kind": kind, "value_name": name, "value": repr(numbers[name])})
    return numbers
