"""Serve the model that fits the machine that an image was started on: `python -m seedbed.serving.entrypoint`.

src/seedbed/serving/entrypoint.py - v0.1.0

The same catalogue, plan and command as `seedbed serve llm`; in an image there is one engine, and no settings.

```mermaid
flowchart LR
    main --> make_plan & server_command & run_server
```
"""

import argparse
import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from seedbed.errors import SeedbedError, WorldError
from seedbed.hardware import measure
from seedbed.logging_config import configure
from seedbed.logging_section import LoggingConfig
from seedbed.serving.catalogue import load_catalogue
from seedbed.serving.command import PORT, as_text, ollama_client, ollama_fetching, server_command
from seedbed.serving.config import LlmConfig
from seedbed.serving.machine import Means
from seedbed.serving.plan import Candidate, demand, make_plan
from seedbed.serving.start import run_server

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the server ends, and return its exit code; 1 or 2 with one line of reason when there is none."""
    given = _parser().parse_args(arguments)
    configure(LoggingConfig(), service="script", stream=sys.stderr if given.print else None)
    try:
        chosen, words = _planned(given)
        if given.print:
            sys.stdout.write(as_text(words) + "\n")
            return 0
        return run_server(words, lambda: _is_up(chosen, given), lambda: _fetch(chosen, given))
    except SeedbedError as error:
        logger.error("llm_not_served", extra={"reason": str(error)})
        return error.exit_code
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m seedbed.serving.entrypoint",
        description="Serve the model of m2m/model-config.yaml that fits here, by the engine that is installed.",
        epilog="Example: python -m seedbed.serving.entrypoint --model chat --print",
    )
    parser.add_argument("--model", default="", help="logical name; empty: the largest chat model that fits")
    parser.add_argument("--strict", action="store_true", help="end rather than serve less than was asked for")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (%(default)s)")  # noqa: S104  # nosec B104
    parser.add_argument("--port", type=int, default=PORT, help="port to listen on (%(default)s)")
    parser.add_argument("--print", action="store_true", help="print the command that would be run")
    return parser


def _planned(given: argparse.Namespace) -> tuple[Candidate, list[str]]:
    means = Means(ollama=shutil.which("ollama") is not None, vllm=shutil.which("vllm") is not None)
    if not means.ollama and not means.vllm:
        raise WorldError("neither vllm nor ollama is on the PATH of this image; install one of them in it")
    catalogue = load_catalogue(Path.cwd())
    config = LlmConfig(profile="gpu" if means.vllm else "cpu", model=given.model or None, strict=given.strict)
    plan = make_plan(catalogue, measure(), means, config)
    chosen = demand(plan, strict=config.strict)
    if not means.can_start(chosen.engine):
        raise WorldError(f"{plan.less_than_asked}; {chosen.label} would fit, and is not in this image")
    words = server_command(chosen, catalogue.find(chosen.model), given.host, given.port)
    logger.info(
        "llm_planned",
        extra={"reason": plan.reason(), "less_than_asked": plan.less_than_asked, "command": as_text(words)},
    )
    return chosen, words


def _is_up(chosen: Candidate, given: argparse.Namespace) -> bool:
    connection = HTTPConnection("127.0.0.1", given.port, timeout=5)
    try:
        connection.request("GET", "/health" if chosen.engine == "vllm" else "/api/version")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _fetch(chosen: Candidate, given: argparse.Namespace) -> None:
    for words in ollama_fetching(chosen) if chosen.engine == "ollama" else []:
        try:
            subprocess.run([*ollama_client(given.host, given.port), *words], check=True)
        except subprocess.CalledProcessError as error:
            raise WorldError(f"`ollama {' '.join(words)}` ended with code {error.returncode}; see its words") from error
    logger.info("llm_ready", extra={"model": chosen.model, "engine_model": chosen.engine_model})


if __name__ == "__main__":
    sys.exit(main())
