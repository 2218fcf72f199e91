"""Embed shards in several processes of this machine.

src/seedbed/indexing/processes.py - v0.1.0

```mermaid
classDiagram
    Workers <|.. ProcessWorkers
    ProcessWorkers ..> Worker : holds one in each process
    ProcessWorkers ..> WorldError : raises
```
"""

import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Self, final

from seedbed.errors import WorldError
from seedbed.hardware import measure
from seedbed.indexing.encode import Encoded
from seedbed.indexing.worker import Task, Worker
from seedbed.indexing.workers import Workers

_worker: Worker | None = None


@final
class _Promise(Future[Encoded]):
    """A future that follows another one and names its failure in this project's words."""

    def __init__(self, inner: Future[Encoded], named: Callable[[BaseException], BaseException]) -> None:
        super().__init__()
        self._inner, self._named = inner, named
        inner.add_done_callback(self._follow)

    def cancel(self) -> bool:
        """Cancel what has not begun."""
        return self._inner.cancel()

    def _follow(self, inner: Future[Encoded]) -> None:
        if inner.cancelled():
            super().cancel()
            self.set_running_or_notify_cancel()
        elif error := inner.exception():
            self.set_exception(self._named(error))
        else:
            self.set_result(inner.result())


@final
class ProcessWorkers(Workers):
    """Processes that each hold the model; used in a `with` block, they end with it."""

    def __init__(self, task: Task, num_workers: int) -> None:
        self.num_workers = num_workers
        self._task = task
        self._pool = self._new_pool()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, texts: Mapping[str, str]) -> Future[Encoded]:
        """Queue the texts; the future fails with a WorldError when its process dies, and later texts get new processes.

        No text is tried again by itself: one that takes more memory than there is would end one process after another.
        """
        try:
            return _Promise(self._pool.submit(_encode, dict(texts)), self._named)
        except BrokenProcessPool:
            self._pool.shutdown(cancel_futures=True)
            self._pool = self._new_pool()
            return _Promise(self._pool.submit(_encode, dict(texts)), self._named)

    def _new_pool(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")  # a fork of a process with threads of OpenVINO or torch may hang
        num_threads = max(1, measure().num_usable_cores // self.num_workers)
        return ProcessPoolExecutor(self.num_workers, spawn, initializer=_begin, initargs=(self._task, num_threads))

    def _named(self, error: BaseException) -> BaseException:
        if not isinstance(error, BrokenProcessPool):
            return error
        return WorldError(
            f"one of {self.num_workers} worker processes died, killed or out of memory; what was committed stays. "
            "Run again, with fewer workers if memory is short: SEEDBED_INDEXING__NUM_WORKERS=1"
        )


def _begin(task: Task, num_threads: int) -> None:
    global _worker  # the one thing that a process of a pool can keep between calls
    _worker = Worker(task, num_threads)


def _encode(texts: Mapping[str, str]) -> Encoded:
    assert _worker is not None  # noqa: S101 - the pool calls `_begin` first
    return _worker.encode(texts)
