"""Measure a server of language models on the command line.

src/seedbed/cli/commands/bench_llm.py - v0.1.0

```mermaid
flowchart LR
    llm --> show_progress
    llm --> LoadReport
```
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.errors import UserError, WorldError
from seedbed.progress import show_progress

if TYPE_CHECKING:
    from seedbed.serving.load_report import LoadReport

_MAX_CLIENTS = 256


def llm(
    concurrency: Annotated[str, typer.Option(help="Numbers of simultaneous clients, separated by commas.")] = "1,4,16",
    requests: Annotated[int, typer.Option(min=1, max=100_000, help="Requests for each number of clients.")] = 32,
    max_tokens: Annotated[int, typer.Option(min=1, max=100_000, help="Longest answer, in tokens.")] = 64,
    prompt_words: Annotated[int, typer.Option(min=1, max=100_000, help="Words in a random prompt.")] = 64,
    prompts: Annotated[Path | None, typer.Option(help="File with one prompt per line, instead of random ones.")] = None,
    ttft_ms: Annotated[
        float, typer.Option(min=1, help="Longest wait for the first token that counts as goodput.")
    ] = 1000,
    itl_ms: Annotated[
        float, typer.Option(min=1, help="Longest wait between tokens (mean of an answer) that counts as goodput.")
    ] = 100,
    model: Annotated[str | None, typer.Option(help="Model; default: that of the settings, or the first.")] = None,
    backend: Annotated[str | None, typer.Option(help="Which of SEEDBED_LLM__BACKENDS; default: the first.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random prompts.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a server of language models: time to the first token, between tokens, throughput, goodput.

    A chart goes to reports/ in the home folder.

    Example: seedbed bench llm --concurrency 1,8,64 --requests 128
    """
    from seedbed import wiring
    from seedbed.cli.output import print_json
    from seedbed.logging_config import configure
    from seedbed.serving.load import random_prompts
    from seedbed.settings import load_settings

    levels = _levels(concurrency)
    settings = load_settings()
    configure(settings.log, service="cli", home=settings.home)
    if prompts is None:
        texts = random_prompts(seed, 1 + sum(max(requests, each) for each in levels), prompt_words)
        described = f"random prompts of {prompt_words} words (seed {seed})"
    else:
        texts, described = _lines(prompts), f"prompts of {prompts.name}"
    with show_progress("measuring") as progress:
        report, chart = wiring.measure_llm(
            settings,
            texts,
            levels,
            described=described,
            num_requests=requests,
            max_tokens=max_tokens,
            limits_ms=(ttft_ms, itl_ms),
            model=model,
            backend=backend,
            progress=progress,
        )
    if as_json:
        return print_json(report.model_dump(mode="json") | {"chart": str(chart)})
    _print(report)
    typer.echo(f"Chart: {chart}")


def _levels(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 1 <= int(part[:9]) <= _MAX_CLIENTS for part in parts):
        raise UserError(f"--concurrency {text!r} is not allowed: numbers of 1 to {_MAX_CLIENTS}. Example: 1,4,16")
    return [int(part) for part in parts]


def _lines(file: Path) -> list[str]:
    try:
        lines = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8: {error}") from error
    except OSError as error:
        raise (UserError if isinstance(error, FileNotFoundError) else WorldError)(
            f"prompts {str(file)!r} cannot be read: {error.strerror}; name a file with a prompt a line"
        ) from error
    if not lines:
        raise UserError(f"prompts {str(file)!r} has no line with text; write a prompt a line")
    return lines


def _print(report: "LoadReport") -> None:
    from seedbed.cli.output import console, open_table

    table = open_table(
        title=f"{report.model} at {report.backend}",
        caption=f"{report.prompts}, at most {report.max_tokens} tokens; good: first token within "
        f"{report.ttft_limit_ms:,.0f} ms, then {report.itl_limit_ms:,.0f} ms a token",
    )
    headings = (
        "clients",
        "tokens/s",
        "answers/s",
        "good/s",
        "first ms\np50",
        "\np95",
        "between ms\np50",
        "\np95",
        "failed",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for each in report.levels:
        rates = (f"{each.tokens_per_s:,.0f}", f"{each.answers_per_s:.2f}", f"{each.goodput_per_s:.2f}")
        waits = (each.ttft_p50_ms, each.ttft_p95_ms, each.itl_p50_ms, each.itl_p95_ms)
        table.add_row(str(each.concurrency), *rates, *(f"{wait:,.1f}" for wait in waits), str(each.num_failures))
    console().print(table)
    for each in report.levels:
        if each.failure:
            typer.echo(f"Failed with {each.concurrency} clients: {each.failure}")
