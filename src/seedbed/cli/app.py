"""Turn a command line into calls and faults into exit codes.

src/seedbed/cli/app.py - v0.1.0

Commands import what they need inside their functions: `seedbed --help` must start at once.

```mermaid
flowchart LR
    main --> app
    main --> SeedbedError
```
"""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from seedbed.cli.commands import (
    audit,
    backup,
    bench,
    chat,
    compare,
    doctor,
    index,
    llm,
    mcp,
    project,
    report,
    reproduce,
    restore,
    run,
    runs,
    search,
    serve,
    settings,
    sweep,
    token,
)
from seedbed.errors import SeedbedError

_INTERRUPTED = 130
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EPIPE}

app = typer.Typer(
    name="seedbed",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for command in (run, reproduce, audit, sweep, compare, report, index, search, runs):
    command.register(app)
for command in (project, serve, mcp, llm, chat, token, bench, backup, restore, settings, doctor):
    command.register(app)


@app.callback(invoke_without_command=True)
def seedbed(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    """Run reproducible experiments; index and search texts; serve and back up the results."""
    if show_version:
        from importlib.metadata import version

        typer.echo(f"seedbed {version('seedbed')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; a fault that people meet is one line on stderr, exit code 2 (theirs) or 1 (the world's)."""
    if sys.stdout is None:  # started with its output closed: `>&-`
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - stays open to the end
    try:
        try:
            exit_code = app(prog_name="seedbed", standalone_mode=False)
        finally:
            sys.stdout.flush()  # the interpreter's own flush, at exit, could only print a traceback
    except typer.TyperException as error:
        words = getattr(getattr(error, "ctx", None), "command_path", "seedbed")
        _stop(f"{_line(error.format_message())} Next: {words} --help", error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        exit_code = _INTERRUPTED
    except SeedbedError as error:
        _stop("\nseedbed: ".join([str(error), *getattr(error, "__notes__", ())]), error.exit_code)
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in buffers goes nowhere
        if error.errno == errno.EPIPE:  # `| head` has read enough
            raise SystemExit(1) from None
        _stop(f"the answer cannot be written: {error.strerror}; make room, or write elsewhere", 1)
    if exit_code == _INTERRUPTED:  # typer makes this of Ctrl-C
        _stop("interrupted", _INTERRUPTED)
    raise SystemExit(exit_code)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith((".", "?", "!")) else f"{line}."


def _stop(reason: str, exit_code: int) -> NoReturn:
    sys.stderr.write(f"seedbed: {reason}\n")
    raise SystemExit(exit_code) from None
