"""Plan and serve a language model from the command line.

src/seedbed/cli/commands/serve_llm.py - v0.1.0

```mermaid
flowchart LR
    llm --> with_options & show_plan & show_progress
    show_plan --> Plan
```
"""

from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.progress import show_progress

if TYPE_CHECKING:
    from seedbed.serving.config import LlmConfig
    from seedbed.serving.plan import Plan

ProfileOption = Annotated[str | None, typer.Option("--profile", help="cpu, gpu or auto; default: the settings'.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="Logical name; default: the largest that fits.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Refuse to serve less than was asked for.")]


def llm(
    profile: ProfileOption = None,
    model: ModelOption = None,
    strict: StrictOption = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be served and why; write only COMPOSE_PROFILES.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as one JSON object.")] = False,
) -> None:
    """Serve the language model that fits this machine: vLLM on a GPU, Ollama without; Ctrl-C ends it.

    Uses a server that answers already, else an installed program, else the project's compose.yml. With --plan,
    COMPOSE_PROFILES goes into .env where you have not set it. Exit code 1: nothing fits. 2: --strict refuses.

    Example: seedbed serve llm --plan
    """
    from seedbed import wiring_serving
    from seedbed.cli.output import print_json
    from seedbed.errors import UserError
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings, project_folder

    settings, folder = load_settings(), project_folder()
    config = with_options(settings.llm, profile, model, strict=strict)
    if as_json and not plan:
        raise UserError("--json shows a plan, a server has nothing to print. Example: seedbed serve llm --plan --json")
    configure(settings.log, service="cli", home=None if plan else settings.home)
    if not plan:
        with show_progress("fetching") as progress:
            code = wiring_serving.serve_llm(config, folder, settings.home, lambda line: typer.echo(line), progress)
        raise typer.Exit(code)
    found = wiring_serving.plan_llm(config, folder)
    wrote = wiring_serving.choose_compose_profile(found, folder)
    if as_json:
        print_json(found.plan.model_dump(mode="json") | {"command": wiring_serving.how(found), "wrote": wrote})
    else:
        show_plan(found.plan, wiring_serving.how(found), wrote)
    wiring_serving.demand(found.plan, strict=config.strict)


def with_options(config: "LlmConfig", profile: str | None, model: str | None, *, strict: bool) -> "LlmConfig":
    """Return the section with the options of a command laid over it.

    Raises:
        UserError: there is no such profile.
    """
    from seedbed.errors import unknown_choice

    if profile is not None and profile not in ("auto", "cpu", "gpu"):
        raise unknown_choice("profile", profile, ("auto", "cpu", "gpu"), example="--profile cpu")
    given = {"profile": profile, "model": model, "strict": strict or None}
    return config.model_copy(update={name: value for name, value in given.items() if value is not None})


def show_plan(plan: "Plan", how: str, wrote: str) -> None:
    """Print every candidate with its reason, and what follows."""
    from rich.table import Table
    from rich.text import Text

    from seedbed.cli.output import console

    table = Table("model", "engine", "", "why", title="What fits here", title_justify="left")
    for each in plan.candidates:
        mark = "chosen" if each == plan.chosen else "fits" if each.kept else "-"
        style = "bold green" if each == plan.chosen else "" if each.kept else "dim"
        words = (each.model, each.engine, mark, each.why)
        table.add_row(*(Text(word, style=style, overflow="fold") for word in words))
    console().print(table)
    if plan.chosen is not None and plan.less_than_asked:
        typer.echo(f"Less than hoped for: {plan.less_than_asked}")
    if plan.chosen is not None:
        typer.echo(f"Chosen: {plan.reason()}")
        typer.echo(f"Serving it: {how}")
    if wrote:
        typer.echo(f"For docker compose: {wrote}")
