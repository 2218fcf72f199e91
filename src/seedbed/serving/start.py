"""Start a server of language models and stay with it.

src/seedbed/serving/start.py - v0.1.0

```mermaid
flowchart LR
    run_server --> WorldError
    start_in_compose --> WorldError
```
"""

import logging
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from seedbed.errors import WorldError

logger = logging.getLogger(__name__)

_PAUSE_S = 0.25
_TELL_EVERY_S = 60.0
_START_S = 2 * 3600.0
"""vLLM fetches what it serves before it answers."""
_PATIENCE_S = 20.0
"""For a server that was asked to end."""


def run_server(words: Sequence[str], is_up: Callable[[], bool], when_up: Callable[[], None]) -> int:
    """Run the command to its end; call `when_up` once it answers. Signals that would end us end it first.

    Raises:
        WorldError: the program is not there, ends before it answers, or does not answer for hours.
    """
    program = next(word for word in words if word != "env" and "=" not in word)
    try:
        process = subprocess.Popen(list(words))
    except OSError as error:
        raise WorldError(f"{program} cannot be started: {error}. See: seedbed serve llm --plan") from error
    with _ended_by_sigterm():
        try:
            _wait(program, process, is_up)
            when_up()
            return process.wait()
        finally:
            _end(process)


def _wait(program: str, process: "subprocess.Popen[bytes]", is_up: Callable[[], bool]) -> None:
    started = told = time.monotonic()
    while not is_up():
        if (code := process.poll()) is not None:
            raise WorldError(f"{program} ended with code {code} before it answered; its own words are above")
        now = time.monotonic()
        if now - started > _START_S:
            raise WorldError(f"{program} runs and has not answered for {_START_S:g} s; its own words are above")
        if now - told > _TELL_EVERY_S:
            told = now
            logger.warning("llm_server_starting", extra={"program": program, "waited_s": round(now - started)})
        time.sleep(_PAUSE_S)


def start_in_compose(folder: Path, profile: str, service: str, values: Mapping[str, str]) -> None:
    """Start one service of the project's compose.yml with what it needs, and wait until it is healthy.

    `values` are variables of compose.yml; they win over those in .env.

    Raises:
        WorldError: Compose says no, in its own words.
    """
    words = ["env", *(f"{name}={value}" for name, value in values.items()), "docker", "compose"]
    words += ["--profile", profile, "up", "--detach", "--wait", service]
    try:
        subprocess.run(words, cwd=folder, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise WorldError(f"`{' '.join(words)}` failed: {error}; its own words are above") from error


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    def end(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
