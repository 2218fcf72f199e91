"""Back up the local state from the command line.

src/seedbed/cli/commands/backup.py - v0.1.0

```mermaid
flowchart LR
    register --> backup
    backup --> print_pairs
```
"""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(backup)


def backup(
    to: Annotated[
        Path | None, typer.Option(help="Folder of the backups; default: SEEDBED_BACKUP__FOLDER.", show_default=False)
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            min=1, max=10_000, help="Number of backups to keep; default: SEEDBED_BACKUP__KEEP.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Back up runs, index and models into one checked archive while runs continue; delete the oldest backups.

    A Qdrant server's collections are in it; of other servers the output says how they are saved.

    Example: seedbed backup --to /mnt/backups/seedbed --keep 14
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json, print_pairs
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home if settings.home.is_dir() else None)
    made = wiring.back_up(settings, to.absolute() if to else None, keep)
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    head = {"archive": made.archive, "size": f"{made.size_bytes / 1e6:.1f} MB", "files": made.num_files}
    print_pairs("backup", head | dict(made.counts) | {"old ones deleted": len(made.deleted)})
    for run_id in made.running:
        typer.echo(f"run {run_id} was not finished: what it has recorded so far is in the backup", err=True)
    for line in made.left_out:
        typer.echo(f"not in this backup: {line}", err=True)
    typer.echo(f"Next, when it is needed: seedbed restore {made.archive}")
