"""Let agents start an experiment: one at a time, in a process of its own, for a bounded time.

src/seedbed/mcp_server/starting.py - v0.1.0

The process ends when this one does. What it records is what `seedbed run` records, the command included.

```mermaid
stateDiagram-v2
    [*] --> start
    start --> _begun : Children
    _begun --> _end : MAX_RUN_S
```
"""

import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self, final

from pydantic import BaseModel, Field

from seedbed.api.services import Services
from seedbed.errors import SeedbedError, UserError
from seedbed.experiments.children import Children
from seedbed.mcp_server.experiment_tools import ExperimentChoice, named
from seedbed.mcp_server.tool import Tool

MAX_RUN_S = 3600.0
"""Then a run is ended, and recorded as KILLED."""
_BEGIN_S = 90.0
_POLL_S = 0.1


class StartAsked(ExperimentChoice):
    """Which experiment, how."""

    seed: int | None = Field(None, ge=0, lt=2**32, description="default: a new one")
    config: dict[str, str] = Field(
        {}, max_length=50, description="keys of describe_experiment and their values", examples=[{"top_k": "20"}]
    )
    note: str = Field("", max_length=500, description="why: kept with the run, shown by its report")


class Started(BaseModel):
    """The run that was begun."""

    run_id: str
    status: str = Field("RUNNING", description="as of now; show_run says what became of it")
    max_run_s: float = MAX_RUN_S


@final
class Starter:
    """Starts one experiment at a time; closing it ends the one that is running."""

    def __init__(self, max_run_s: float = MAX_RUN_S) -> None:
        self._max_run_s = max_run_s
        self._lock = threading.Lock()
        self._opened = ExitStack()
        self._number = 0
        self._run_id = ""

    def __enter__(self) -> Self:
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="seedbed-mcp-")))
        self._folder = folder
        self._children = self._opened.enter_context(Children(folder, ""))
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._opened.close()

    def tool(self) -> Tool:
        """Return what agents call."""

        async def start(services: Services, asked: StartAsked) -> Started:
            """Begin a run."""
            return await services.readers.run(lambda: self.start(asked))

        told = "Start an experiment, one at a time; the answer comes when its run is recorded, long before it ends."
        return Tool("start_experiment", told, StartAsked, Started, "pipelines:run", start, is_read_only=False)

    def start(self, asked: StartAsked) -> Started:
        """Begin a run and return it as soon as it is recorded.

        Raises:
            UserError: another one is running, or there is no such experiment.
            SeedbedError: it ended before it was recorded: a key or value that it does not take.
        """
        module = named(asked.experiment)
        with self._lock:
            list(self._children.ended())
            if self._children:
                raise UserError(f"run {self._run_id} is still going on; one at a time. Next: show_run")
            self._number += 1
            words = [module, *(f"--set={key}={value}" for key, value in asked.config.items())]
            words += [] if asked.seed is None else ["--seed", str(asked.seed)]
            words += [f"--note={asked.note}"] if asked.note else []
            self._children.start(self._number, words)
            self._run_id, status = self._begun(self._number)
            timer = threading.Timer(self._max_run_s, self._end, [self._number])
            timer.daemon = True
            timer.start()
        return Started(run_id=self._run_id, status=status, max_run_s=self._max_run_s)

    def _begun(self, number: int) -> tuple[str, str]:
        limit = time.monotonic() + _BEGIN_S
        while time.monotonic() < limit:
            for _ in self._children.steps():
                pass
            if run_id := self._children.run_id(number):
                return run_id, "RUNNING"
            for ended in self._children.ended():
                if ended.exit_code:
                    raise SeedbedError(ended.error)
                return ended.run_id, "FINISHED"
            time.sleep(_POLL_S)
        self._children.stop(number)
        raise SeedbedError(f"the experiment recorded no run within {_BEGIN_S:g} s and was ended")

    def _end(self, number: int) -> None:
        with self._lock:
            list(self._children.ended())
            if self._number == number and self._children:
                self._children.stop(number)
