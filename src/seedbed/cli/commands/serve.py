"""Serve the API, or a language model, from the command line.

src/seedbed/cli/commands/serve.py - v0.1.0

```mermaid
flowchart LR
    register --> api & llm
    api --> serve
```
"""

from typing import Annotated

import typer

from seedbed.cli.commands.serve_llm import llm


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(rich_markup_mode="rich", no_args_is_help=True, help="Serve the API, or a language model.")
    group.callback()(lambda: None)
    group.command()(api)
    group.command()(llm)
    app.add_typer(group, name="serve")


def api(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 makes it reachable from other machines.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; more than one needs a store server.")] = 1,
) -> None:
    """Serve entities, experiments, search, embeddings, pipelines and a web page over HTTP; Ctrl-C stops it.

    The first start trains a NER model, which takes minutes; SEEDBED_NER__MODEL names another model.

    Example: seedbed serve api --port 8000
    """
    from seedbed.api.main import serve
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="api")
    serve(settings, host, port, workers)
