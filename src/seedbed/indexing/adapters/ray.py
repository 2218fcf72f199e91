"""Embed shards on the machines of a Ray cluster.

src/seedbed/indexing/adapters/ray.py - v0.1.0

An actor that dies is started again wherever there is room, and its shard is done again there: writing it twice is
writing it once.

```mermaid
classDiagram
    Workers <|.. RayWorkers
    RayWorkers ..> Worker : makes an actor of
    RayWorkers ..> WorldError : raises
```
"""

import os
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, Self, final

from seedbed.errors import UserError, WorldError
from seedbed.indexing.encode import Encoded
from seedbed.indexing.worker import Promise, Task, Worker
from seedbed.indexing.workers import Workers

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read while Ray is imported
try:
    import ray
    from ray.exceptions import RayError, RayTaskError
except ModuleNotFoundError as missing:
    raise UserError("indexing.workers=ray needs Ray. Next: pip install 'seedbed[ray]'") from missing

_TRIES_PER_SHARD = 3
"""A text that ends every process which reads it must not go round for ever."""


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
            # No CPU is reserved while an actor runs: when a node goes, its actors find a place on those that are left.
            resources = ray.cluster_resources()
            actor = ray.remote(Worker).options(
                num_gpus=int(resources.get("GPU", 0) >= num_workers),
                scheduling_strategy="SPREAD",
                max_restarts=-1,
                max_task_retries=_TRIES_PER_SHARD - 1,
            )
            num_threads = max(1, int(resources.get("CPU", 1)) // num_workers)
            self._actors: list[Any] = [actor.remote(task, num_threads) for _ in range(num_workers)]
        except (RayError, ConnectionError, RuntimeError) as error:
            raise _named(error) from error
        self._promises: list[list[Promise]] = [[] for _ in self._actors]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self._actors:
            ray.kill(actor)
        if self._leave:
            ray.shutdown()

    def submit(self, texts: Mapping[str, str]) -> Future[Encoded]:
        """Give the texts to the actor that has the fewest waiting."""
        for place, promises in enumerate(self._promises):
            self._promises[place] = [promise for promise in promises if not promise.done()]
        place = min(range(self.num_workers), key=lambda place: len(self._promises[place]))
        answer = self._actors[place].encode.remote(dict(texts))
        promise = Promise(answer.future(), _named, partial(_cancel, answer))
        self._promises[place].append(promise)
        return promise


def _cancel(answer: Any) -> bool:
    ray.cancel(answer)
    return False  # it ends in an error, or has begun and ends as it would have


def _named(error: BaseException) -> BaseException:
    if isinstance(error, RayTaskError):
        return error.cause if isinstance(error.cause, Exception) else error
    return WorldError(
        f"ray: {' '.join(str(error).split())[:500]}; what was committed stays. See the cluster: ray status. Run again"
    )
