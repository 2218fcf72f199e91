"""Go on with a run that was cut off.

src/seedbed/experiments/resume.py - v0.1.0

What goes on is the work (committed shards, checkpoints), not the record: a closed run is never written again.

```mermaid
flowchart LR
    prepare --> read_evidence & Resumption
    prepare --> RunTracker & is_alive
    prepare --> UserError
```
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from seedbed.errors import UserError
from seedbed.experiments.reproduction.evidence import read_evidence
from seedbed.tracking.live_run import now_ms
from seedbed.tracking.ports import RunArchive, RunTracker
from seedbed.tracking.run import is_alive
from seedbed.tracking.unsent import refuse_unsent


class Resumption(NamedTuple):
    """What to run, and as what."""

    recipe: str
    seed: int
    config: Mapping[str, Any]
    deterministic: bool
    begun_as: str
    """The run that began the work: its checkpoints are used."""
    tags: Mapping[str, str]


def prepare(run_id: str, archive: RunArchive, tracker: RunTracker, home: Path) -> Resumption:
    """Return how to go on with a run; one whose process is gone and that still counts as running is closed as KILLED.

    Raises:
        UserError: it has finished, it runs, it waits to be sent, or it does not say what to run.
    """
    with tempfile.TemporaryDirectory() as folder:
        evidence = read_evidence(archive, run_id, Path(folder))
    record, short = evidence.record, evidence.record.run_id[:8]
    if record.status == "FINISHED":
        raise UserError(f"run {short} has finished, there is nothing left to do. Next: seedbed reproduce {short}")
    refuse_unsent(home, record.run_id)
    recipe, seed = evidence.fact("recipe"), evidence.fact("seed")
    if not (recipe and seed.isdecimal() and "config.json" in evidence.stamps):
        raise UserError(
            f"run {short} does not say which experiment, seed and configuration it had: `seedbed run` did not make it, "
            f"or it was killed before it had begun. Next: seedbed runs show {short}"
        )
    if record.status == "RUNNING":
        _close_left_open(record.run_id, tracker, home)
    begun_as = evidence.fact("begun_as") or record.run_id
    return Resumption(
        recipe=recipe,
        seed=int(seed),
        config=evidence.pinned_config,
        deterministic=evidence.fact("deterministic") != "false",
        begun_as=begun_as,
        tags={
            "seedbed.resumes": record.run_id,
            "seedbed.begun_as": begun_as,
            "seedbed.resumes_commit": evidence.fact("git.commit"),
            "seedbed.resumes_diff_digest": evidence.fact("git.diff_digest") or "none",
        },
    )


def _close_left_open(run_id: str, tracker: RunTracker, home: Path) -> None:
    if is_alive(home, run_id):
        raise UserError(f"run {run_id[:8]} is still running; end it before you go on with it (Ctrl-C)")
    tracker.finish(run_id, "KILLED", now_ms())
