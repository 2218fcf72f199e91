"""Serve agents from the command line.

src/seedbed/cli/commands/mcp.py - v0.1.0

```mermaid
flowchart LR
    register --> mcp
    mcp --> serve_stdio & serve_http
```
"""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(mcp)


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Listen on 127.0.0.1 instead; needs a token, as the API does.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on, with --http.")] = 8001,
    allow_run: Annotated[
        bool, typer.Option("--allow-run", help="Let agents start experiments: one at a time, for an hour at most.")
    ] = False,
    project: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Project folder, for agents that start elsewhere.")
    ] = None,
) -> None:
    """Let AI agents read runs, experiments and the index, over the Model Context Protocol.

    Agents start this command themselves, and talk to it over its standard input and output. Read-only unless
    --allow-run is given.

    Example: seedbed mcp --project ~/my-project
    """
    import os

    from seedbed.errors import UserError, not_installed
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    if project is not None:
        try:
            os.chdir(project.expanduser())
        except OSError as error:
            raise UserError(f"--project {str(project)!r} is no folder to work in: {error.strerror}") from None
    try:
        from seedbed.mcp_server.main import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise not_installed("seedbed mcp", "mcp", "mcp") from error
    settings = load_settings()
    configure(settings.log, service="api" if http else "cli", home=settings.home)
    if http:
        serve_http(settings, port, allow_run=allow_run)
    else:
        serve_stdio(settings, allow_run=allow_run)
