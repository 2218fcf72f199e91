"""Back up the local state as a Prefect flow.

pipelines/back_up.py - v0.1.0

No retries: what fails is a full disk or a folder that nobody named, and the next night tries again.
Runs without a server of your own: python -m pipelines.back_up

```mermaid
flowchart LR
    main --> back_up --> wiring
```
"""

import sys

from prefect import flow, runtime
from prefect.artifacts import create_markdown_artifact

from seedbed import wiring
from seedbed.backup.create import Backup
from seedbed.errors import SeedbedError
from seedbed.logging_config import configure
from seedbed.settings import load_settings


@flow(name="back-up", log_prints=True)
def back_up() -> Backup:
    """Make one backup where the settings say, and delete the oldest."""
    settings = load_settings()
    if runtime.deployment.id:  # in a worker's process nobody else has set the logging up
        configure(settings.log, service="worker", stream=sys.stderr)
    made = wiring.back_up(settings)
    create_markdown_artifact(as_markdown(made), key="back-up-report", description=str(made.archive))
    return made


def as_markdown(made: Backup) -> str:
    """Return the report as a table, led by what it does not hold."""
    missing = "".join(f"**Not in it**: {line}\n\n" for line in made.left_out)
    rows = "\n".join(f"| {name} | {value} |" for name, value in made.model_dump(mode="json").items())
    return f"{missing}| what | value |\n|---|---|\n{rows}\n"


def main() -> int:
    """Run the flow here, print its report as JSON, return the exit code."""
    try:
        configure(load_settings().log, service="flow", stream=sys.stderr)
        print(back_up().model_dump_json(indent=2))
    except SeedbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
