"""Run an experiment and check what it returns.

src/seedbed/experiments/run.py - v0.1.0

```mermaid
flowchart LR
    run_experiment --> Experiment
    run_experiment --> Run
    run_experiment --> RunResult
    run_experiment --> operation_without --> UserError
```
"""

import math
import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from seedbed.errors import UserError
from seedbed.experiments.define import Experiment
from seedbed.tracking.determinism import operation_without
from seedbed.tracking.live_run import Run

METRIC_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,199}", re.ASCII)


class RunResult(BaseModel):
    """What came out of one run; what `seedbed run --json` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    experiment: str
    seed: int
    metrics: Mapping[str, float]
    results_digest: str
    """Equal for runs with equal results, to the last bit."""
    data_digest: str
    """Names the whole content of what was read; "" where the experiment read no data."""
    num_embedded: int
    """Texts that went through a model; 0 when all vectors were there already."""
    artifacts: str
    """Where the run's files are."""


def run_experiment(experiment: Experiment, config: BaseModel, run: Run) -> RunResult:
    """Call the experiment, record its metrics and return the result.

    Raises:
        UserError: it returned no metrics, or one that is no finite number or has no usable name; or it called an
            operation that has no deterministic form.
    """
    try:
        returned = experiment.function(config, run)
    except RuntimeError as error:
        if not (operation := operation_without(error)):
            raise
        raise UserError(
            f"experiment {experiment.name!r} calls {operation}, which has no deterministic form here; use another "
            "operation, or add --no-deterministic: its runs are then compared within a tolerance"
        ) from error
    metrics = checked_metrics(experiment.name, returned)
    run.log_last(metrics)
    return RunResult(
        run_id=run.run_id,
        experiment=experiment.name,
        seed=run.seed,
        metrics=metrics,
        results_digest=run.results_digest(metrics),
        data_digest=run.data_digest,
        num_embedded=int(run.costs.get("num_embedded", 0)),
        artifacts=run.artifact_uri,
    )


def checked_metrics(experiment: str, metrics: object) -> dict[str, float]:
    """Return the metrics as plain floats.

    >>> checked_metrics("mine", {"recall": 1})
    {'recall': 1.0}
    """
    if not isinstance(metrics, Mapping) or not metrics:
        raise UserError(
            f"experiment {experiment!r} returned {_shortened(metrics)}, not metrics; "
            'return at least one name with a number. Example: return {"recall_at_10": 0.8}'
        )
    return {_checked_name(experiment, name): _checked_number(experiment, name, metrics[name]) for name in metrics}


def _checked_name(experiment: str, name: object) -> str:
    if not isinstance(name, str) or not METRIC_NAME.fullmatch(name):
        raise UserError(
            f"experiment {experiment!r} returned a metric named {_shortened(name)}; a name is a letter and then "
            "letters, digits, '_', '.' or '-', 200 at most. Example: recall_at_10"
        )
    return name


def _checked_number(experiment: str, name: str, value: object) -> float:
    # numpy's scalars and 0-d arrays are numbers too; a bool is a comparison somebody forgot to count.
    number = None if isinstance(value, bool | str | bytes) else _as_float(value)
    if number is None or not math.isfinite(number):
        raise UserError(
            f"experiment {experiment!r} returned {name}={_shortened(value)}; a metric is one finite number. "
            "Leave out what could not be measured"
        )
    return number


def _as_float(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]  # whatever has __float__, and the except for what has not
    except (TypeError, ValueError):
        return None


def _shortened(value: object) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 80 else f"{text[:77]}..."
