"""Put a run that was made again beside the one that it was made from.

src/seedbed/experiments/reproduction/linking.py - v0.1.0

```mermaid
flowchart LR
    record_new & tag_old --> RunTracker
    refuse_unsuitable --> UserError
```
"""

from seedbed.errors import UserError
from seedbed.experiments.reproduction.evidence import Evidence
from seedbed.experiments.reproduction.integrity import local_folder
from seedbed.experiments.reproduction.verdict import Verdict
from seedbed.tracking.live_run import now_ms
from seedbed.tracking.ports import RunTracker
from seedbed.tracking.record import RunBatch, RunStart

_MAX_CHARS = 4000


def refuse_unsuitable(evidence: Evidence) -> None:
    """Raise UserError for a run that has no results, or that `seedbed run` did not make."""
    record, short = evidence.record, evidence.record.run_id[:8]
    if record.status != "FINISHED":
        raise UserError(
            f"run {short} is {record.status} and has no results to compare with; only FINISHED runs have. "
            f"Next: seedbed run --resume {short}"
        )
    if not evidence.fact("recipe"):
        entry = evidence.fact("entry") or "another program"
        raise UserError(
            f"run {short} was not made by this release's `seedbed run` but by: {entry}; it does not say which "
            f"experiment to call. Repeat its command by hand: seedbed runs show {short}"
        )


def record_new(tracker: RunTracker, now: Evidence, verdict: Verdict) -> str:
    """Copy the run from the store of its process into the common one, linked and judged; return its id there.

    Of a metric with steps the last value comes along: the curve is that of the first run when it was reproduced.
    """
    record = now.record
    tags = {name: text for name, text in record.tags.items() if name.startswith("seedbed.")}
    links = {"seedbed.reproduces": verdict.run_id, "seedbed.verdict": _in_short(verdict)}
    run_id = tracker.start(RunStart(experiment=record.experiment, name=f"{record.name}-again", tags=tags | links))
    ended = record.ended_at or record.started_at
    ended_ms = int(ended.timestamp() * 1000)
    tracker.log(run_id, RunBatch(params=record.params, metrics=record.metrics, timestamp_ms=ended_ms))
    folder = local_folder(record.artifact_uri)
    if folder is not None and folder.is_dir():
        tracker.upload(run_id, folder)
    tracker.finish(run_id, "FINISHED", now_ms())
    return run_id


def tag_old(tracker: RunTracker, verdict: Verdict) -> None:
    """Let the old run say what came of making it again, the latest time."""
    tags = {"seedbed.reproduction": _in_short(verdict)}
    if verdict.new_run_id:
        tags["seedbed.reproduced_by"] = verdict.new_run_id
    tracker.log(verdict.run_id, RunBatch(tags=tags, timestamp_ms=now_ms()))


def _in_short(verdict: Verdict) -> str:
    return f"{verdict.status}: {verdict.why}"[:_MAX_CHARS]
