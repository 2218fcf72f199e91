"""Send the runs that were kept on disk.

src/seedbed/tracking/push.py - v0.1.0

```mermaid
flowchart LR
    push --> Spool & PushReport
    push --> RunTracker
```
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seedbed.errors import SeedbedError, UserError
from seedbed.tracking.ports import RunTracker
from seedbed.tracking.unsent import Spool, unsent_folder


class PushReport(BaseModel):
    """What went and what stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sent: tuple[str, ...]
    kept: Mapping[str, str]
    """Run id and why it was not sent."""


def unsent_runs(home: Path) -> list[str]:
    """Return the ids of the runs that wait on disk."""
    folder = unsent_folder(home)
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def push(home: Path, tracker: RunTracker) -> PushReport:
    """Send every waiting run, oldest id first; sending again what was half sent does no harm.

    `tracker` must not spool. A run that is refused stays and the next is tried; when the store is away all others stay.
    """
    sent: list[str] = []
    kept: dict[str, str] = {}
    for run_id in unsent_runs(home):
        try:
            spool = Spool(unsent_folder(home) / run_id)
        except SeedbedError as error:
            kept[run_id] = str(error)
            continue
        try:
            if spool.replay(tracker):
                sent.append(run_id)
        except UserError as error:
            kept[run_id] = str(error)
        except SeedbedError as error:
            kept = dict.fromkeys(unsent_runs(home), str(error)) | kept
            break
        finally:
            spool.close()
    return PushReport(sent=tuple(sent), kept=kept)
