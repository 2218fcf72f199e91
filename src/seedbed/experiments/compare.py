"""Compare recorded runs with the first of them.

src/seedbed/experiments/compare.py - v0.1.0

```mermaid
flowchart LR
    compare --> differences
    compare --> paired_tests & holm
    compare --> Comparison --> RunHead & MetricRow
```
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seedbed.experiments.bounds import bounds_of, results
from seedbed.experiments.differences import Differences, differences
from seedbed.experiments.paired import holm, paired_tests
from seedbed.experiments.spread import PairedTest
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.record import RunRecord

PROVENANCE_FILE = "provenance.json"


class RunHead(BaseModel):
    """What a comparison calls a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    experiment: str
    status: str
    started_at: datetime
    seed: str | None
    results_digest: str
    note: str


class MetricRow(BaseModel):
    """One metric: position i of every tuple belongs to run i."""

    # A metric of a failed run may be NaN, which JSON numbers cannot be.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    name: str
    values: tuple[float | None, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    """As the runs recorded them, 95 %."""
    tests: tuple[PairedTest | None, ...]
    """Against the first run; None for the first itself, and where nothing could be paired."""
    p_adjusted: tuple[float | None, ...]
    """p-values adjusted for all tests of this comparison (Holm)."""


class Comparison(BaseModel):
    """Several runs beside each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: tuple[RunHead, ...]
    differences: Differences
    metrics: tuple[MetricRow, ...]
    not_tested: tuple[str, ...]
    """Why run i was not tested against the first; "" where it was."""


def compare(records: Sequence[RunRecord], folders: Sequence[Path]) -> Comparison:
    """Compare runs; folder i holds the artefacts of run i that are needed, as far as it has them."""
    found = [paired_tests(folders[0], folder) for folder in folders[1:]]
    tests: list[dict[str, PairedTest]] = [{}, *(each for each, _ in found)]
    told = [(i, name) for i, each in enumerate(tests) for name in each]
    adjusted = dict(zip(told, holm([tests[i][name].p_value for i, name in told]), strict=True))
    names = list(dict.fromkeys(name for record in records for name in sorted(results(record.metrics))))
    return Comparison(
        runs=tuple(_head(record) for record in records),
        differences=differences(records, [read_provenance(folder / PROVENANCE_FILE) for folder in folders]),
        metrics=tuple(
            MetricRow(
                name=name,
                values=tuple(record.metrics.get(name) for record in records),
                intervals=tuple(bounds_of(record.metrics, name) for record in records),
                tests=tuple(each.get(name) for each in tests),
                p_adjusted=tuple(adjusted.get((i, name)) for i in range(len(records))),
            )
            for name in names
        ),
        not_tested=("", *(reason for _, reason in found)),
    )


def _head(record: RunRecord) -> RunHead:
    return RunHead(
        run_id=record.run_id,
        experiment=record.experiment,
        status=record.status,
        started_at=record.started_at,
        seed=record.tags.get("seedbed.seed"),
        results_digest=record.tags.get("seedbed.results_digest", ""),
        note=record.tags.get("mlflow.note.content", ""),
    )
