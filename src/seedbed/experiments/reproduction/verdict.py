"""Judge whether a run was reproduced.

src/seedbed/experiments/reproduction/verdict.py - v0.1.0

```mermaid
flowchart LR
    judge --> differences
    judge --> Verdict
    refuse --> Verdict
```
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

from seedbed.experiments.reproduction.difference import Difference, in_order
from seedbed.experiments.reproduction.evidence import Evidence

type Status = Literal["reproduced bit for bit", "reproduced within tolerance", "not reproduced"]

TOLERANCE = 1e-3
"""Relative. Processors of other classes move a vector by 1e-7 in fp32, and an answer that was a tie may change places;
a metric of a few queries moves in larger steps than this, and is then told as not reproduced."""


class Verdict(BaseModel):
    """What came of making a run again; what `seedbed reproduce --json` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    new_run_id: str | None
    """None when nothing was computed."""
    status: Status
    why: str
    tolerance: float | None = None
    """The relative one that was applied, where results were not equal."""
    differences: tuple[Difference, ...]
    """Everything that is not as it was, causes first."""
    environment: str = ""
    """Which environment it ran in."""
    kept: str | None = None
    """Folder to look into, where it was not reproduced."""

    @computed_field  # type: ignore[prop-decorator]  # https://github.com/python/mypy/issues/14461
    @property
    def is_reproduced(self) -> bool:
        """Whether the results are the same, as far as they can be expected to be."""
        return self.status != "not reproduced"


def judge(then: Evidence, now: Evidence, found: Sequence[Difference], tolerance: float = TOLERANCE) -> Verdict:
    """Return the verdict on two runs that differ in `found`."""
    made = partial(
        Verdict,
        run_id=then.record.run_id,
        new_run_id=now.record.run_id,
        differences=tuple(found),
        environment="",
        kept=None,
    )
    if then.fact("results_digest") == now.fact("results_digest"):
        others = sorted({each.kind for each in found})
        differ = "differs" if len(others) == 1 else "differ"
        although = f", although {' and '.join(others)} {differ}" if others else ""
        why = f"the results digests are equal{although}"
        return made(status="reproduced bit for bit", why=why)
    reasons = _why_not_bit_for_bit(then, now)
    within = reasons and _within(then, now, tolerance)
    if within:
        why = f"every metric is within {tolerance:g} of what it was; not bit for bit, because {' and '.join(reasons)}"
        return made(status="reproduced within tolerance", why=why, tolerance=tolerance)
    first = found[0]
    why = f"first difference: {first}"
    if first.kind == "metric":
        why += "; nothing else differs, so the experiment draws outside run.seeds, or depends on time or order"
    return made(status="not reproduced", why=why, tolerance=tolerance if reasons else None)


def refuse(run_id: str, found: Sequence[Difference]) -> Verdict:
    """Return the verdict on a run that cannot be made again as it was."""
    found = in_order(found)
    why = f"first difference: {found[0]}"
    return Verdict(run_id=run_id, new_run_id=None, status="not reproduced", why=why, differences=found)


def _why_not_bit_for_bit(then: Evidence, now: Evidence) -> list[str]:
    """Return why equal bits cannot be expected; without a reason, they are."""
    reasons = []
    if then.fact("hardware_class") != now.fact("hardware_class"):
        reasons.append("the hardware is of another class")
    if "false" in (then.fact("deterministic"), now.fact("deterministic")):
        reasons.append("the run was not deterministic")
    return reasons


def _within(then: Evidence, now: Evidence, tolerance: float) -> bool:
    if then.results.keys() != now.results.keys():
        return False
    pairs = [(value, now.results[name]) for name, value in then.results.items()]
    return all(
        math.isclose(before, after, rel_tol=tolerance, abs_tol=1e-9) or (math.isnan(before) and math.isnan(after))
        for before, after in pairs
    )
