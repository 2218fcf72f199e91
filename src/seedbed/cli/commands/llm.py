"""Look after language models from the command line.

src/seedbed/cli/commands/llm.py - v0.1.0

```mermaid
flowchart LR
    register --> status & pull
    pull --> with_options & show_progress
    status --> ServerState
```
"""

from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.commands.serve_llm import ModelOption, ProfileOption, StrictOption, with_options
from seedbed.progress import show_progress

if TYPE_CHECKING:
    from seedbed.serving.servers import Loaded
    from seedbed.wiring_serving import ServerState

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(rich_markup_mode="rich", no_args_is_help=True, help="Check and fetch language models.")
    group.callback()(lambda: None)
    group.command()(status)
    group.command()(pull)
    app.add_typer(group, name="llm")


def status(as_json: JsonOption = False) -> None:
    """Show what really runs, and warn if it differs from the plan: another model, RAM instead of GPU, less context.

    Exit code 0: all is as planned. 1: there is a warning, or nothing answers.

    Example: seedbed llm status
    """
    from seedbed import wiring_serving
    from seedbed.cli.output import print_json
    from seedbed.settings import load_settings

    settings = load_settings()
    planned, servers = wiring_serving.llm_status(settings.llm, settings.home)
    if as_json:
        shown = [
            {
                "name": each.backend.name,
                "kind": each.backend.kind,
                "url": each.backend.url,
                "version": each.version,
                "loaded": [one.model_dump() for one in each.loaded],
                "warnings": each.warnings,
            }
            for each in servers
        ]
        print_json({"planned": planned.model_dump() if planned else None, "servers": shown})
    else:
        _show(servers)
        if planned:
            typer.echo(f"Planned: {planned.model} as {planned.engine_model} on {planned.engine}")
        if not servers:
            typer.echo("No server answers here. Next: seedbed serve llm --plan")
    if not servers or any(each.warnings for each in servers):
        raise typer.Exit(1)


def pull(
    profile: ProfileOption = None,
    model: ModelOption = None,
    strict: StrictOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch the model that fits before it is needed, and record its digest; one that does not fit is not fetched.

    Example: seedbed llm pull --model chat-small
    """
    from seedbed import wiring_serving
    from seedbed.cli.output import print_json, print_pairs
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings, project_folder

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    config = with_options(settings.llm, profile, model, strict=strict)
    with show_progress("fetching") as progress:
        fetched = wiring_serving.pull_llm(
            config, project_folder(), settings.home, lambda line: typer.echo(line, err=as_json), progress
        )
    if as_json:
        print_json(fetched.model_dump())
    else:
        print_pairs("fetched", {"model": fetched.model, "as": fetched.engine_model, "digest": fetched.digest})


def _show(servers: "list[ServerState]") -> None:
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console

    table = Table("server", "engine", "model", "memory", "on GPU", "context", "now")
    for each in servers:
        engine = f"{each.backend.kind} {each.version or '-'}"
        cells = [_cells(one) for one in each.loaded] or [("nothing loaded", "", "", "", "")]
        for row in cells:
            words = (f"{each.backend.name} {each.backend.url}", engine, *row)
            table.add_row(*(Text(word, overflow="fold") for word in words))
    if servers:
        console().print(table)
    for each in servers:
        for warning in each.warnings:
            typer.echo(f"Warning, {each.backend.name}: {warning}")


def _cells(loaded: "Loaded") -> tuple[str, str, str, str, str]:
    size = "" if loaded.size_bytes is None else f"{loaded.size_bytes / 1e9:.1f} GB"
    on_gpu = ""
    if loaded.size_bytes and loaded.gpu_bytes is not None:
        on_gpu = f"{loaded.gpu_bytes / loaded.size_bytes:.0%}"
    busy = [] if loaded.requests_running is None else [f"{loaded.requests_running} running"]
    busy += [] if loaded.cache_used is None else [f"cache {loaded.cache_used:.0%}"]
    context = "" if loaded.context_tokens is None else f"{loaded.context_tokens:,}"
    return loaded.model, size, on_gpu, context, ", ".join(busy)
