"""Ask a recorded run how to go on with it.

src/seedbed/cli/resuming.py - v0.1.0

```mermaid
flowchart LR
    resumption --> prepare
```
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.experiments.resume import Resumption


def resumption(run_id: str) -> "Resumption":
    """Return what the run was told to do, from the configured store."""
    from seedbed import wiring
    from seedbed.experiments.resume import prepare
    from seedbed.settings import load_settings

    settings = load_settings()
    archive = wiring.archive(settings.tracking, settings.home)
    return prepare(run_id, archive, wiring.tracking_store(settings.tracking, settings.home), settings.home)
