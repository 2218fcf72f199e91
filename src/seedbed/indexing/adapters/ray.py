"""Embed shards on the machines of a Ray cluster.

src/seedbed/indexing/adapters/ray.py - v0.1.0

A shard whose actor goes away is given to another one at once; Ray alone would wait until it has noticed the loss of
the node, and give up before. Written twice, a shard is the same file.

```mermaid
classDiagram
    Workers <|.. RayWorkers
    RayWorkers ..> Worker : makes actors of
    RayWorkers ..> WorldError : raises
```
"""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any, Self, cast, final

from seedbed.errors import WorldError, not_installed
from seedbed.indexing.encode import Encoded
from seedbed.indexing.worker import Task, Worker
from seedbed.indexing.workers import Workers

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read while Ray is imported
try:
    import ray
    from ray.exceptions import RayActorError, RayError, RayTaskError
except ModuleNotFoundError as missing:
    raise not_installed("indexing.workers=ray", "Ray", "ray") from missing

_TRIES_PER_SHARD = 3
"""A text that ends every process which reads it must not go round for ever."""
_PATIENCE_S = 600.0


@final
class RayWorkers(Workers):
    """Actors that each hold the model, spread over the nodes; used in a `with` block, they end with it.

    The cluster is the one that RAY_ADDRESS names or `ray.init` has joined; without either, this machine becomes one.
    """

    def __init__(self, task: Task, num_workers: int) -> None:
        self.num_workers = num_workers
        self._leave = not ray.is_initialized()
        try:
            if self._leave:
                ray.init(include_dashboard=False, configure_logging=False, log_to_driver=False)
            resources = cast(Any, ray).cluster_resources()  # it ships types for some of its functions
            # No CPU is reserved while an actor runs: when a node goes, its actors find a place on those that are left.
            actor = ray.remote(Worker).options(
                num_gpus=int(resources.get("GPU", 0) >= num_workers), scheduling_strategy="SPREAD", max_restarts=-1
            )
            num_threads = max(1, int(resources.get("CPU", 1)) // num_workers)
            self._actors: list[Any] = [actor.remote(task, num_threads) for _ in range(num_workers)]
        except (RayError, ConnectionError, RuntimeError) as error:
            raise _named(error) from error
        self._threads = ThreadPoolExecutor(num_workers, "ray")
        self._free: SimpleQueue[Any] = SimpleQueue()
        for one in self._actors:
            self._free.put(one)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for one in self._actors:
            ray.kill(one)
            self._free.put(None)
        self._threads.shutdown()
        if self._leave:
            ray.shutdown()

    def submit(self, texts: Mapping[str, str]) -> Future[Encoded]:
        """Queue the texts for the first actor that is free; the future fails with a WorldError when three have died."""
        return self._threads.submit(self._encode, dict(texts))

    def _encode(self, texts: dict[str, str]) -> Encoded:
        lost: BaseException = TimeoutError(f"no worker is back after {_PATIENCE_S:g} s")
        for _ in range(_TRIES_PER_SHARD):
            try:
                actor = self._free.get(timeout=_PATIENCE_S)
            except Empty:
                break
            if actor is None:
                raise WorldError("ray: the workers were dismissed before this shard was embedded")
            try:
                encoded = cast("Encoded", ray.get(actor.encode.remote(texts)))
            except RayActorError as error:
                lost = error
                back = actor.__ray_ready__.options(max_task_retries=-1).remote().future()
                back.add_done_callback(lambda _, actor=actor: self._free.put(actor))
            except RayError as error:
                self._free.put(actor)
                raise _named(error) from error
            else:
                self._free.put(actor)
                return encoded
        raise _named(lost) from lost


def _named(error: BaseException) -> BaseException:
    if isinstance(error, RayTaskError):
        return error.cause if isinstance(error.cause, Exception) else error
    return WorldError(
        f"ray: {' '.join(str(error).split())[:500]}; what was committed stays. See the cluster: ray status. Run again"
    )
