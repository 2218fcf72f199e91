"""Make a token for the API on the command line.

src/seedbed/cli/commands/token.py - v0.1.0

```mermaid
flowchart LR
    register --> token
    token --> mint
```
"""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(token)


def token(
    scope: Annotated[
        list[str],
        typer.Option(help="Scope to grant: experiments:read, llm, ner, pipelines:run, search; may be repeated."),
    ],
    ttl: Annotated[int, typer.Option(min=1, help="Lifetime in seconds.")] = 3600,
    subject: Annotated[str, typer.Option(help="Subject of the token; rate limits apply per subject.")] = "dev",
) -> None:
    """Print a token for the API, signed with the key from these settings.

    Example: curl -H "Authorization: Bearer $(seedbed token --scope experiments:read)" http://127.0.0.1:8000/experiments
    """
    from seedbed.api.tokens import mint
    from seedbed.settings import load_settings

    typer.echo(mint(load_settings(), subject, scope, ttl))
