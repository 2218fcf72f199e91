"""Measure this machine on the command line.

src/seedbed/cli/commands/bench.py - v0.1.0

```mermaid
flowchart LR
    register --> embed & llm
    embed --> show_progress & Comparison
```
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.commands.bench_llm import llm
from seedbed.progress import show_progress

if TYPE_CHECKING:
    from seedbed.embedding.comparison import Comparison


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(rich_markup_mode="rich", no_args_is_help=True, help="Measure what this machine does.")
    group.command()(embed)
    group.command()(llm)
    app.add_typer(group, name="bench")


def embed(
    corpus_kind: Annotated[
        str | None, typer.Option(help="What the corpus is: docstrings, jsonl, parquet, folder, beir or a plug-in's.")
    ] = None,
    corpus_path: Annotated[Path | None, typer.Option(help="File or folder of the corpus.")] = None,
    texts: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Number of texts; use 20000 or more for a GPU.")
    ] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure every encoder that runs here, on your texts: speed, and how far its vectors are from those in fp32.

    A chart goes to reports/ in the home folder. Texts are cut where the model stops reading.

    Example: seedbed bench embed --corpus-kind folder --corpus-path docs
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json
    from seedbed.logging_config import configure
    from seedbed.settings import load_settings

    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    values = {"corpus.kind": corpus_kind, "corpus.path": corpus_path}
    config = wiring.index_config(settings, [f"{key}={value}" for key, value in values.items() if value is not None])
    with show_progress("measuring") as progress:
        comparison, chart = wiring.compare_encoders(config, settings.home, texts, progress)
    if as_json:
        return print_json(comparison.model_dump(mode="json") | {"chart": str(chart)})
    _print(comparison)
    typer.echo(f"Chart: {chart}")
    typer.echo("Next: SEEDBED_EMBEDDING__BACKEND and SEEDBED_EMBEDDING__PRECISION choose one; auto chooses by itself")


def _print(comparison: "Comparison") -> None:
    from seedbed.cli.output import console, open_table

    table = open_table(
        title=f"{comparison.model} on {comparison.machine}",
        caption=f"{comparison.num_texts:,} texts of {comparison.tokens_per_text:.0f} tokens, "
        f"median of {comparison.num_rounds} rounds",
    )
    table.add_column("encoder", no_wrap=True)
    for heading in ("docs/s", "tokens/s", "ratio", "least\ncosine", "mean\ncosine", "of\npeak"):
        table.add_column(heading, justify="right")
    for each in comparison.encoders:
        share = "-" if each.peak_share is None else f"{each.peak_share:.0%}"
        table.add_row(
            each.encoder.replace("_", "-"),
            f"{each.docs_per_s:,.0f}",
            f"{each.tokens_per_s:,.0f}",
            f"{each.ratio:.2f} x",
            f"{each.cosine_min:.5f}",
            f"{each.cosine_mean:.5f}",
            share,
        )
    console().print(table)
    peaks = ", ".join(f"{name} {rate:,.0f}" for name, rate in comparison.peaks_gflops.items())
    typer.echo(f"Matmul peak in GFLOPS: {peaks or 'not measured'}")
    for name, reason in comparison.not_measured.items():
        typer.echo(f"Not measured: {name}: {reason}")
