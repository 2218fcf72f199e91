"""Go on with a run that was interrupted.

src/seedbed/tracking/reopen.py - v0.1.0

```mermaid
flowchart LR
    reopened_run --> Run & closing
    reopened_run --> RunArchive
    reopened_run --> UserError
```
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seedbed.errors import UserError
from seedbed.tracking.ports import RunArchive, RunTracker
from seedbed.tracking.run import Run, closing
from seedbed.tracking.unsent import refuse_unsent

logger = logging.getLogger(__name__)


@contextmanager
def reopened_run(
    run_id: str,
    *,
    archive: RunArchive,
    tracker: RunTracker,
    home: Path,
    files: Sequence[str],
    needed: Sequence[str] = (),
) -> Iterator[Run]:
    """Open a recorded run again and close it as `tracked_run` does; its parameters and stamps stay as they are.

    `files` are the artefacts to go on with: those of a killed process still lie on this disk, others are fetched.

    Raises:
        UserError: the run has finished, waits to be sent, or does not hold those that are `needed`.
    """
    record = archive.get(run_id)
    refuse_unsent(home, record.run_id)
    if record.status == "FINISHED":
        raise UserError(
            f"run {record.run_id[:8]} has finished: nothing is left to do. Next: seedbed runs show {record.run_id[:8]}"
        )
    if missing := [name for name in needed if name not in record.artifacts]:
        raise UserError(
            f"run {record.run_id[:8]} holds no {missing[0]}, so it is nothing that can go on. Next: seedbed runs"
        )
    run = Run(
        tracker, run_id=record.run_id, experiment=record.experiment, seed=int(record.tags["seedbed.seed"]), home=home
    )
    run.artifacts.mkdir(parents=True, exist_ok=True)
    for name in record.artifacts:
        if name in files and not (run.artifacts / name).exists():
            archive.download(record.run_id, name, run.artifacts)
    with closing(run, tracker):
        logger.info("run_reopened", extra={"experiment": run.experiment, "was": record.status})
        yield run
