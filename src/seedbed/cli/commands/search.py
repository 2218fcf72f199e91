"""Ask a store from the command line.

src/seedbed/cli/commands/search.py - v0.1.0

```mermaid
flowchart LR
    register --> search
```
"""

from typing import Annotated

import typer

_MAX_TEXT = 10_000


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(search)


def search(
    text: Annotated[str, typer.Argument(help="What to look for, in words.")],
    k: Annotated[int, typer.Option("-k", "--top-k", min=1, max=1000, help="How many chunks to show.")] = 10,
    collection: Annotated[str | None, typer.Option(help="Which index; default: the newest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Search an index for the chunks closest in meaning to the text.

    Example: seedbed search "parse a date from a string" -k 5
    """
    from rich.table import Table

    from seedbed import wiring
    from seedbed.cli.output import console, print_json
    from seedbed.errors import UserError
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    if not text.strip() or len(text) > _MAX_TEXT:
        raise UserError(f"the text to search for has {len(text)} characters; give 1 to {_MAX_TEXT}")
    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    with wiring.open_search(collection, settings.store, settings.home, settings.indexing) as (name, searcher):
        hits = searcher([text], k)[0]
    if as_json:
        print_json({"index": name, "hits": [{"id": hit.id, "score": hit.score, **hit.payload} for hit in hits]})
        return
    table = Table("score", "document", "text", title=f"index {name}")
    for hit in hits:
        excerpt = " ".join(str(hit.payload["text"]).split())
        table.add_row(f"{hit.score:.3f}", str(hit.payload["document_id"]), excerpt[:160])
    console().print(table)
