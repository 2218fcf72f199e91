"""Talk to a language model on the command line.

src/seedbed/cli/commands/chat.py - v0.1.0

```mermaid
flowchart LR
    register --> chat
    chat --> Talk
    chat --> print_json
```
"""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(chat)


def chat(
    question: Annotated[str | None, typer.Argument(help="Question; without one, a conversation starts.")] = None,
    model: Annotated[str | None, typer.Option(help="Model; default: that of the settings, or the first.")] = None,
    backend: Annotated[str | None, typer.Option(help="Which of SEEDBED_LLM__BACKENDS; default: the first.")] = None,
    system: Annotated[str | None, typer.Option(help="Instructions for the model.")] = None,
    history: Annotated[
        Path | None, typer.Option(help="File that keeps the conversation; continued if it exists.")
    ] = None,
    schema: Annotated[Path | None, typer.Option(help="JSON Schema file that the answer must follow.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest answer, in tokens.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, help="0 always picks the likeliest token.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same answer, if the server supports it.")] = None,
    models: Annotated[bool, typer.Option("--models", help="List the served models and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for one question.")] = False,
) -> None:
    """Talk to a served language model; an empty line or Ctrl-D ends the conversation.

    Example: seedbed chat "Say hello in French." --model chat
    """
    from seedbed import wiring
    from seedbed.cli.conversation import Talk, read_schema
    from seedbed.cli.output import print_json
    from seedbed.errors import UserError
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    if models:
        served = wiring.served_models(settings)
        facts = [{"backend": name, "model": each.name, "digest": each.digest} for name, each in served]
        if as_json:
            return print_json(facts)
        for fact in facts:
            typer.echo(f"{fact['model']}  ({fact['backend']})")
        return None
    if as_json and question is None:
        raise UserError('--json prints one answer; ask one question. Example: seedbed chat "Say hello." --json')
    with wiring.open_chat(settings, model, backend) as found:
        options = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
        talk = Talk(found.server, found.model.name, {**options, "json_schema": read_schema(schema)}, history, system)
        if question is None:
            talk.go_on(f"{found.model.name} at {found.backend}; an empty line ends it")
            return None
        answer = talk.ask(question, show=not as_json)
    if as_json:
        print_json({"backend": found.backend, "model": found.model.name, "digest": found.model.digest, **answer})
    return None
