"""Get the local state back from the command line.

src/seedbed/cli/commands/restore.py - v0.1.0

```mermaid
flowchart LR
    register --> restore
    restore --> print_pairs
```
"""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(restore)


def restore(
    archive: Annotated[Path, typer.Argument(help="Archive made by `seedbed backup`.")],
    home: Annotated[
        Path | None, typer.Option(help="Folder to restore into; default: SEEDBED_HOME.", show_default=False)
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move the existing folder aside, to <home>.before-restore-<time>.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Restore the home folder from a backup, after checking every byte.

    Collections that were saved from the Qdrant server of the settings go back there; with --replace also over what is
    there now.

    Exit code 0: restored. 1: the disk is full or something uses the folder. 2: the archive is damaged, or the folder is
    not empty.

    Example: seedbed restore /mnt/backups/seedbed/seedbed-20260131T043000.000000Z.tar --replace
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json, print_pairs
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli")  # no file: it would lie in the folder that is to be empty
    restored = wiring.restore(archive, (home or settings.home).absolute(), settings.store, replace=replace)
    if as_json:
        print_json(restored.model_dump(mode="json"))
        return
    head = {"home": restored.home, "as of": f"{restored.created_at:%Y-%m-%d %H:%M:%S} UTC", "files": restored.num_files}
    print_pairs("restored", head | dict(restored.counts))
    if restored.moved_aside:
        typer.echo(f"the previous content is now in {restored.moved_aside}; delete it when you no longer need it")
    if restored.collections:
        typer.echo(f"put back into {settings.store.place}: {', '.join(restored.collections)}")
    for run_id in restored.running:
        typer.echo(f"run {run_id} was not finished when the backup was made", err=True)
    for line in restored.left_out:
        typer.echo(f"was not in the backup: {line}", err=True)
    typer.echo("Next: seedbed runs")
