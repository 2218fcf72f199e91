"""Say which runs can go and which must stay.

src/seedbed/tracking/garbage.py - v0.1.0

A result stays whatever it is worth; what never became one may go. A group goes or stays as a whole.

```mermaid
flowchart LR
    sort_runs --> Sorted --> Item
    sort_runs --> RunRecord
```
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from seedbed.tracking.record import RunRecord

PARENT = "mlflow.parentRunId"


@dataclass(frozen=True, slots=True)
class Item:
    """Something on disk, why it can go or must stay, and how many bytes it takes."""

    kind: str
    """run, folder or index"""
    name: str
    reason: str
    num_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Sorted:
    """What can go and what must stay although it looks as if it could."""

    can_go: Sequence[Item]
    must_stay: Sequence[Item]


def sort_runs(
    records: Sequence[RunRecord],
    trash: Sequence[RunRecord],
    now: datetime,
    older_than: timedelta,
    sizes: Mapping[str, int],
    held: Mapping[str, str] = MappingProxyType({}),
) -> Sorted:
    """Sort the runs that came to nothing.

    `sizes` are bytes by run id, `held` runs of which more is known than their record says, and why they must stay.
    """
    by_id = {record.run_id: record for record in records}
    why = {record.run_id: reason for record in records if (reason := _came_to_nothing(record, now, older_than))}
    asked = {*why, *(record.run_id for record in trash)}
    stay = {run_id: reason for run_id, reason in held.items() if run_id in asked}
    while changed := _held(records, by_id, why, stay):
        stay |= changed
    gone = {run_id: reason for run_id, reason in why.items() if run_id not in stay}
    gone |= {record.run_id: "deleted by hand" for record in trash if record.run_id not in stay}
    return Sorted(
        can_go=[Item("run", run_id, reason, sizes.get(run_id, 0)) for run_id, reason in gone.items()],
        must_stay=[Item("run", run_id, reason, sizes.get(run_id, 0)) for run_id, reason in stay.items()],
    )


def _came_to_nothing(record: RunRecord, now: datetime, older_than: timedelta) -> str:
    if now - (record.ended_at or record.started_at) < older_than:
        return ""
    match record.status:
        case "FAILED" | "KILLED":
            return record.status.lower()
        case "RUNNING" | "SCHEDULED":
            return "never closed: its process was killed"
    return ""


def _held(
    records: Sequence[RunRecord], by_id: Mapping[str, RunRecord], why: Mapping[str, str], stay: Mapping[str, str]
) -> dict[str, str]:
    """Return which more runs must stay because of runs that do."""
    more: dict[str, str] = {}
    for record in records:
        parent = record.tags.get(PARENT, "")
        own_stays = record.run_id not in why or record.run_id in stay
        if own_stays and parent in why and parent not in stay:
            more[parent] = f"parent of {record.run_id[:8]}, which stays"
        parent_stays = parent in by_id and (parent not in why or parent in stay)
        if parent_stays and record.run_id in why and record.run_id not in stay:
            more[record.run_id] = f"part of {parent[:8]}, which stays"
        for name, text in record.tags.items() if own_stays else ():
            if name != PARENT and text in why and text not in stay:
                more[text] = f"named by {record.run_id[:8]} ({name})"
    return more
