"""Run experiments in fresh processes, several at a time.

src/seedbed/experiments/children.py - v0.1.0

A child reads its standard input: when its parent is gone, kill -9 included, the pipe ends, and so does the child.

```mermaid
classDiagram
    Children ..> Ended : yields
    Children ..> Popen : starts
    Children ..> WorldError : raises
```
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, final

from seedbed.errors import WorldError

SEEDBED = (sys.executable, "-P", "-m", "seedbed")
"""This program, by the same interpreter; as from its script, the current folder is no place to import from."""

_STOP_S = 30.0
"""How long a child may take to close its run."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What is left of a child."""

    number: int
    exit_code: int
    result: Mapping[str, Any]
    """What `seedbed run --json` printed; empty unless the exit code is 0."""
    run_id: str
    error: str
    seconds: float


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    folder: Path
    steps: IO[str]
    started: float
    run_id: str = ""
    waiting: list[Mapping[str, Any]] = field(default_factory=list)


@final
class Children:
    """Processes of `seedbed run`; leaving the block ends those that are still there."""

    def __init__(self, folder: Path, parent_run_id: str) -> None:
        """Take a folder for what the children print and report."""
        self._folder = folder
        self._parent_run_id = parent_run_id
        self._running: dict[int, _Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._running:
            self.stop(number)
        for child in self._running.values():
            try:
                child.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            child.steps.close()
        self._running.clear()

    def __len__(self) -> int:
        """Return how many are running."""
        return len(self._running)

    def start(self, number: int, words: Sequence[str]) -> None:
        """Start `seedbed run` with these words."""
        folder = self._folder / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        report = folder / "steps.jsonl"
        report.write_text("", encoding="utf-8")
        own = ["--parent", self._parent_run_id, "--report", str(report), "--json"]
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            try:
                process = subprocess.Popen(
                    [*SEEDBED, "run", *own, *words], stdin=subprocess.PIPE, stdout=out, stderr=err
                )
            except OSError as error:
                raise WorldError(f"no process can be started: {error}; run fewer at once: --workers 1") from error
        self._running[number] = _Child(process, folder, report.open(encoding="utf-8"), time.monotonic())

    def run_id(self, number: int) -> str:
        """Return the id of a running child's run; "" before it is recorded, and reported by `steps`."""
        return self._running[number].run_id

    def stop(self, number: int) -> None:
        """Ask a child to end; it closes its run as KILLED."""
        with suppress(ProcessLookupError):
            self._running[number].process.terminate()

    def steps(self) -> Iterator[tuple[int, int, Mapping[str, float]]]:
        """Yield (child, step, metrics) for what has been reported since the last call."""
        for number, child in self._running.items():
            for line in _whole_lines(child.steps):
                told = json.loads(line)
                child.run_id = told.get("run_id", child.run_id)
                if "step" in told:
                    yield number, told["step"], told["metrics"]

    def ended(self) -> Iterator[Ended]:
        """Yield the children that have ended since the last call."""
        for number, child in list(self._running.items()):
            if (exit_code := child.process.poll()) is None:
                continue
            for line in _whole_lines(child.steps):
                child.run_id = json.loads(line).get("run_id", child.run_id)
            child.steps.close()
            if child.process.stdin:
                child.process.stdin.close()
            del self._running[number]
            yield _ended(number, exit_code, child)


def _whole_lines(file: IO[str]) -> Iterator[str]:
    while True:
        place = file.tell()
        line = file.readline()
        if not line.endswith("\n"):  # the rest is still being written
            file.seek(place)
            return
        yield line


def _ended(number: int, exit_code: int, child: _Child) -> Ended:
    result: Mapping[str, Any] = {}
    error = ""
    if exit_code == 0:
        result = json.loads((child.folder / "out").read_bytes())
    else:
        said = (child.folder / "err").read_text(encoding="utf-8", errors="replace")
        error = said_by(said) or f"exit code {exit_code}"
        if exit_code < 0:
            error = f"ended by signal {-exit_code}, out of memory or killed"
    return Ended(number, exit_code, result, child.run_id, error[:500], time.monotonic() - child.started)


def said_by(stderr: str) -> str:
    r"""Return the first fault that `seedbed` told on stderr, else the last line there.

    >>> said_by("warning: x\nseedbed: there is no such key\nseedbed: run 1f3a is recorded as FAILED")
    'there is no such key'
    """
    lines = stderr.strip().splitlines()
    told = [line for line in lines if line.startswith("seedbed: ")]
    return (told or lines[-1:] or [""])[0].removeprefix("seedbed: ")
