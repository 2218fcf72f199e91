"""Do blocking work off the event loop, so much at a time and no more.

src/seedbed/api/lane.py - v0.1.0

Not Starlette's thread pool: that has one size for everything, and a request it works for cannot be ended in time.

```mermaid
flowchart LR
    Lane --> ThreadPoolExecutor
    Lane --> HTTPException
```
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, final

from prometheus_client import Gauge
from starlette.exceptions import HTTPException

from seedbed.api.problems import RETRY_AFTER_S


@final
class Lane:
    """Some threads with a bounded queue in front."""

    def __init__(self, name: str, *, num_threads: int, num_waiting: int, jobs: Gauge) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(num_threads, thread_name_prefix=f"seedbed-{name}")
        self._places = threading.BoundedSemaphore(num_threads + num_waiting)
        self._jobs = jobs.labels(name)

    async def run[T](self, work: Callable[[], T]) -> T:
        """Return what the work returns; as `start` otherwise."""
        return await asyncio.wrap_future(self.start(work))

    def start[T](self, work: Callable[[], T]) -> Future[T]:
        """Begin work in a thread that logs with this request's id.

        Raises:
            HTTPException: 429, the queue is full.
        """
        if not self._places.acquire(blocking=False):
            detail = f"too much is waiting for {self._name} already; come back later"
            raise HTTPException(429, detail, {"Retry-After": str(RETRY_AFTER_S)})
        self._jobs.inc()
        try:
            future = self._pool.submit(copy_context().run, work)
        except RuntimeError:
            self._left(None)
            raise
        future.add_done_callback(self._left)  # also when nobody waits for it any more: the thread is still taken
        return future

    def close(self) -> None:
        """Let nothing new begin; what has begun ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _left(self, _: Future[Any] | None) -> None:
        self._jobs.dec()
        self._places.release()
