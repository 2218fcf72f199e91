"""Bring a store up to date from the command line.

src/seedbed/cli/commands/index.py - v0.1.0

```mermaid
flowchart LR
    register --> index
    index --> show_progress & Index
```
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.progress import show_progress

if TYPE_CHECKING:
    from seedbed.indexing.config import IndexConfig
    from seedbed.indexing.index import Index


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(index)


def index(
    corpus_kind: Annotated[
        str | None, typer.Option(help="What the corpus is: docstrings, jsonl, parquet, folder, beir or a plug-in's.")
    ] = None,
    corpus_path: Annotated[Path | None, typer.Option(help="File or folder of the corpus.")] = None,
    collection: Annotated[str | None, typer.Option(help="Name of the index; default: derived from the corpus.")] = None,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Delete documents that are no longer in the corpus, however many.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be done and what it would cost; write nothing.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare the store with the ledger, point by point, and repair it.")
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Switch searches back to the previous collection; run it twice to undo.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring an index up to date with a corpus; only new or changed texts are embedded.

    Exit code 0: everything is indexed. 1: some records were not, or a service failed. 2: wrong input.

    Example: seedbed index --corpus-kind folder --corpus-path docs
    """
    from seedbed import wiring
    from seedbed.errors import UserError
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    modes = {"--plan": plan, "--verify": verify, "--rollback": rollback}
    if len(chosen := [flag for flag, given in modes.items() if given]) > 1:
        raise UserError(f"{' and '.join(chosen)} cannot be done at once. Example: seedbed index {chosen[0]}")
    settings = load_settings()
    configure(settings.log, service="cli", home=None if plan else settings.home)
    values = {
        "corpus.kind": corpus_kind,
        "corpus.path": corpus_path,
        "store.collection": collection,
        "indexing.allow_shrink": "true" if allow_shrink else None,
    }
    config = wiring.index_config(settings, [f"{key}={value}" for key, value in values.items() if value is not None])
    if rollback:
        return _roll_back(config, settings.home, as_json=as_json)
    with wiring.open_index(config, settings.home, create=not plan) as opened:
        if plan:
            return _plan(opened, as_json=as_json)
        if verify:
            return _verify(opened, as_json=as_json)
        _bring_up_to_date(opened, as_json=as_json)


def _bring_up_to_date(index: "Index", *, as_json: bool) -> None:
    from seedbed.cli.output import print_json, print_pairs

    with show_progress("indexing") as progress:
        report = index.bring_up_to_date(progress=progress)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print_pairs(f"index {report.name}", report.model_dump(exclude={"dead_letter"}))
        typer.echo('Next: seedbed search "your question"')
    if report.num_documents_kept:
        typer.echo(
            f"seedbed: {report.num_documents_kept} documents that are missing or unreadable in the corpus stay in the "
            "index; they are deleted once every record can be read, or with --allow-shrink",
            err=True,
        )
    if report.num_rejected:
        typer.echo(f"seedbed: {report.num_rejected} records were not indexed; why: {report.dead_letter}", err=True)
        raise typer.Exit(1)


def _plan(index: "Index", *, as_json: bool) -> None:
    from seedbed.cli.output import print_json, print_pairs

    with show_progress("reading") as progress:
        plan = index.plan(progress)
    if as_json:
        return print_json(plan.model_dump(mode="json"))
    print_pairs(f"plan for index {plan.name}", plan.model_dump(exclude={"refusal"}, exclude_none=True))
    typer.echo(f"It would be refused: {plan.refusal}" if plan.refusal else "Next: seedbed index")


def _verify(index: "Index", *, as_json: bool) -> None:
    from seedbed.cli.output import print_json, print_pairs

    with show_progress("mending") as progress:
        report = index.verify(progress)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print_pairs(f"index {index.name}", report.model_dump())
    if report.num_left:
        typer.echo(f"seedbed: {report.num_left} points have no text in the corpus now. Next: seedbed index", err=True)
        raise typer.Exit(1)


def _roll_back(config: "IndexConfig", home: Path, *, as_json: bool) -> None:
    from seedbed import wiring
    from seedbed.cli.output import print_json

    now, before = wiring.roll_back(config, home)
    if as_json:
        return print_json({"name": config.name, "collection": now, "previous": before})
    typer.echo(f"Searches for index {config.name!r} see {now}; back to {before}: seedbed index --rollback")
