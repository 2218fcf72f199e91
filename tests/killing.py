"""Kill indexing runs, at random moments or exactly between two steps, and list what is left.

tests/killing.py - v0.1.0
"""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from seedbed.corpora.document import Document
from seedbed.indexing.ledger import Ledger
from tests.unit.indexing.conftest import Engine
from tests.unit.indexing.doubles import HashEmbedder

NUM_DOCUMENTS = 40
NUM_VERSIONS = 3

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.killing", "pyarrow.parquet"])


@dataclass(frozen=True)
class Moment:
    """Right before or right after the nth call of a method."""

    owner: type
    method: str
    nth: int = 1
    after: bool = False

    def arm(self) -> None:
        """Let this process kill itself at that moment."""
        real = getattr(self.owner, self.method)
        calls = count(1)

        def dying(*args: Any, **kwargs: Any) -> Any:
            if next(calls) != self.nth:
                return real(*args, **kwargs)
            if self.after:
                real(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(self.owner, self.method, dying)


def corpus(version: int) -> list[Document]:
    """Return a version of one corpus: from each to the next some texts change, some go, some come."""
    kept = [Document(id=f"d{i}", text=f"text {i}\nline {i}") for i in range(NUM_DOCUMENTS)]
    if version == 1:
        return kept
    fixed = [Document(id=d.id, text=f"{d.text}, corrected in {version}\nnew line") for d in kept]
    changed = [new if i % (3 + version) == 0 else old for i, (old, new) in enumerate(zip(kept, fixed, strict=True))]
    newcomers = [Document(id=f"n{i}", text=f"newcomer {i}") for i in range(10 * version)]
    return [d for i, d in enumerate(changed) if i % (5 + version)] + newcomers


def engine(home: Path, model: str = "hash") -> Engine:
    """Return an engine with shards small enough that a run has many moments."""
    return Engine(home, embedder=HashEmbedder(model), shard_chunks=8)


def kill_after(home: Path, version: int, delay_s: float, model: str = "hash") -> bool:
    """Start an indexing run, kill it after the delay; return whether it was still at work."""
    started = _processes.Event()
    process = _started(home, version, model, started)
    assert started.wait(60)
    time.sleep(delay_s)
    if alive := process.is_alive():
        process.kill()
    process.join(60)
    return alive


def kill_at(home: Path, version: int, moment: Moment, model: str = "hash") -> None:
    """Start an indexing run that kills itself at the moment, and wait for its end."""
    process = _started(home, version, model, None, moment.arm)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL, f"{moment} never came: exit code {process.exitcode}"


def run_through(home: Path, version: int, model: str = "hash") -> float:
    """Index in a process of its own, undisturbed; return the seconds from the start of its work."""
    started = _processes.Event()
    process = _started(home, version, model, started)
    assert started.wait(60)
    begun = time.perf_counter()
    process.join(120)
    assert process.exitcode == 0
    return time.perf_counter() - begun


def stored(home: Path) -> Counter[tuple[str, str]]:
    """Return how often each (id, content digest) is in the collection that searches see, as the store lists it."""
    return Counter(
        (point, str(digest))
        for batch in Engine(home).open_collection().scan("content_digest")
        for point, digest in batch
    )


def num_in_ledger(home: Path) -> int:
    """Return how many points of that collection the ledger calls stored."""
    with Ledger(home / "ledger.db") as ledger:
        return ledger.count(ledger.resolve("test")[1])[1]


def _started(
    home: Path, version: int, model: str, started: Event | None, arm: Callable[[], None] | None = None
) -> multiprocessing.process.BaseProcess:
    process = _processes.Process(target=_index, args=(home, version, model, started, arm))
    process.start()
    return process


def _index(home: Path, version: int, model: str, started: Event | None, arm: Callable[[], None] | None) -> None:
    with engine(home, model).index(*corpus(version)) as opened:
        if arm:
            arm()
        if started:
            started.set()
        opened.bring_up_to_date()
