"""Gather what a reviewer asks of one run.

src/seedbed/experiments/report.py - v0.1.0

```mermaid
flowchart LR
    gather --> Report
    gather --> Number
    gather --> RunRecord & Provenance
```
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.experiments.bounds import bounds_of, results
from seedbed.experiments.group import TRIALS_FILE, Journal
from seedbed.experiments.repeat import SPREADS_FILE, RepeatResult
from seedbed.experiments.spread import Spread
from seedbed.experiments.trial import Trial
from seedbed.tracking.provenance import Provenance, read_provenance
from seedbed.tracking.record import RunRecord

NEEDED = ("provenance.json", "diff.patch", "traceback.txt", "plan.json", TRIALS_FILE, SPREADS_FILE, "per_query.parquet")
"""Artefacts that a report reads, where a run has them."""
_MOST_TEXT = 200_000
"""Characters of a difference or a traceback that a page shows."""
_ENVIRONMENT = (
    "python", "platform", "hardware_class", "lock_digest", "packages_digest", "deterministic", "encoder", "entry",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """One metric of a run."""

    name: str
    value: float
    interval: tuple[float, float] | None
    spread: Spread | None
    """Over seeds, where the run is the parent of several."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one page says; texts are as they were recorded, and escaped by whoever writes the page."""

    record: RunRecord
    took_s: float | None
    summary: str
    note: str
    seed: str
    error: str
    traceback: str
    numbers: Sequence[Number]
    costs: Mapping[str, float]
    trials: Sequence[Trial]
    group: str
    """How the trials came: seeds, grid or optuna; "" for one run."""
    code: Mapping[str, str]
    diff: str
    data: Mapping[str, str]
    environment: Mapping[str, str]
    packages: Mapping[str, str]
    commands: Sequence[str]
    results_digest: str


def gather(record: RunRecord, folder: Path) -> Report:
    """Return what is known of a run, whose artefacts that are NEEDED lie in the folder, as far as it has them."""
    tags = record.own_tags
    provenance = read_provenance(folder / "provenance.json")
    group = tags.get("group", "")  # of other runs, files that are named like those of a group are the user's
    spreads: Mapping[str, Spread] = {}
    if group and (folder / SPREADS_FILE).exists():
        spreads = RepeatResult.model_validate_json((folder / SPREADS_FILE).read_bytes()).metrics
    took_s = (record.ended_at - record.started_at).total_seconds() if record.ended_at else None
    return Report(
        record=record,
        took_s=took_s,
        summary=tags.get("summary", ""),
        note=record.tags.get("mlflow.note.content", ""),
        seed=tags.get("seed", ""),
        error=tags.get("error", ""),
        traceback=_text(folder / "traceback.txt"),
        numbers=[
            Number(name, value, bounds_of(record.metrics, name), spreads.get(name))
            for name, value in results(record.metrics).items()
            if not (spreads and name.endswith("_std"))
        ],
        costs={name.removeprefix("cost/"): value for name, value in record.metrics.items() if name.startswith("cost/")},
        trials=Journal(folder).trials() if group else (),
        group=group,
        code={name: text for name, text in tags.items() if name.startswith("git.")},
        diff=_text(folder / "diff.patch"),
        data={name: text for name, text in tags.items() if name.startswith("data")},
        environment=_environment(tags, provenance),
        packages=provenance.packages if provenance else {},
        commands=_commands(record, tags),
        results_digest=tags.get("results_digest", ""),
    )


def _environment(tags: Mapping[str, str], provenance: Provenance | None) -> dict[str, str]:
    plugins = sorted(name for name in tags if name.startswith("plugin."))
    facts = {name: tags[name] for name in (*_ENVIRONMENT, *plugins) if name in tags}
    if provenance is not None:
        facts = {"machine": provenance.hardware.in_a_line(), **facts, **provenance.variables}
    return facts


def _commands(record: RunRecord, tags: Mapping[str, str]) -> list[str]:
    """Return what a reviewer types: from the commit of the run to the same results."""
    reproduce = [f"seedbed reproduce {record.run_id}   # or by hand:"] if "recipe" in tags else []
    steps = [f"git checkout {tags['git.commit']}"] if "git.commit" in tags else []
    if tags.get("git.dirty") == "true" and "diff.patch" in record.artifacts:
        steps.append("git apply diff.patch   # an artefact of this run, shown above")
    if steps:
        steps.append("make setup")
    command = _as_typed(tags.get("command", ""))
    if command:
        steps.append(command)
    if command and "--seed" not in command and "seed" in tags:
        steps[-1] += f" --seed {shlex.quote(tags['seed'])}"
    return reproduce + steps


def _as_typed(command: str) -> str:
    """Return a recorded command as it is typed in the project's folder.

    >>> _as_typed("/a/.venv/bin/python -P -m seedbed run x"), _as_typed("python /a/.venv/bin/seedbed run x")
    ('.venv/bin/seedbed run x', '.venv/bin/seedbed run x')
    """
    return re.sub(r"^\S+ (\S+/seedbed|-P -m seedbed)(?= |$)", ".venv/bin/seedbed", command)


def _text(file: Path) -> str:
    if not file.exists():
        return ""
    text = file.read_text(encoding="utf-8", errors="replace")
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}\n... [cut: {len(text)} characters]"
