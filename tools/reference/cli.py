"""Write the reference of the command line.

tools/reference/cli.py - v0.1.0

```mermaid
flowchart LR
    cli_page --> commands
    cli_page --> table
```
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from seedbed.cli.app import app
from tools.reference.markdown import MADE, table

_INTRODUCTION = f"""\
# Commands

Every command answers `--help`. Answers go to stdout, everything else to stderr; with `--json` the answer is one JSON
object. Exit codes: [Errors](errors.md).

{MADE}"""
_LABELLED = re.compile(r"^(Examples?|Exit code)\b")


def commands() -> dict[str, Any]:
    """Return every command by its words, in the order of `seedbed --help`."""
    return dict(_below(typer.main.get_command(app), "seedbed"))


def _below(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    below: Mapping[str, Any] = getattr(command, "commands", {})
    if not below or command.params:
        yield words, command
    for name, each in below.items():
        if not each.hidden:
            yield from _below(each, f"{words} {name}")


def cli_page() -> str:
    """Return the page: a section for each command with usage, options and example."""
    found = commands()
    overview = table(
        ["command", "what it does"],
        ((f"[`{words}`](#{words.replace(' ', '-')})", _summary(each)) for words, each in found.items()),
    )
    return "\n".join([_INTRODUCTION, overview, *(_section(words, each) for words, each in found.items())])


def _summary(command: Any) -> str:
    return inspect.cleandoc(command.help or "").partition("\n\n")[0]


def _section(words: str, command: Any) -> str:
    context = typer.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    prose = [text.replace("<", "&lt;") for text in paragraphs if not text.startswith("Example")]
    examples = [line for text in paragraphs if text.startswith("Example") for line in _examples(text)]
    records = [record for each in command.params if not _hidden(each) and (record := each.get_help_record(context))]
    rows = [(f"`{names}`", meaning) for names, meaning in records]
    shown = [
        f"## {words}",
        *prose,
        f"```text\n{usage}\n```",
        table(["takes", "meaning"], rows),
    ]
    if examples:
        shown.append("```bash\n" + "\n".join(examples) + "\n```")
    return "\n\n".join(part.rstrip() for part in shown if part) + "\n"


def _hidden(parameter: Any) -> bool:
    return bool(parameter.hidden) or parameter.name == "help"


def _examples(text: str) -> list[str]:
    lines = re.sub(r"^Examples?:\s*", "", text).splitlines()
    return [line.strip() for line in lines if line.strip()]
