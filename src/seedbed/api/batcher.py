"""Gather texts that wait into batches, for one thread that has the model.

src/seedbed/api/batcher.py - v0.1.0

Nothing ever waits for company: an idle thread takes what is there, a busy one takes what came meanwhile. A batch has
one text of every request before it has a second of any, so that a long request does not hold up short ones. It has as
much as the model does in `BATCH_S`: who comes next waits no longer than that.

```mermaid
flowchart LR
    Batcher --> Lane & HTTPException
    Batcher --> recognized_each
```
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import final

from starlette.exceptions import HTTPException

from seedbed.api.lane import Lane
from seedbed.api.metrics import Metrics
from seedbed.api.problems import RETRY_AFTER_S
from seedbed.ner.isolation import Answer, Recognize, recognized_each

BATCH_TEXTS = 64
BATCH_S = 0.02
MIN_BATCH_CHARS, MAX_BATCH_CHARS = 400, 16_000
"""Between these is the budget of a batch, by the model's pace so far; a longer text is a batch of its own."""
_NEWEST = 0.2
"""The share of the last batch in what is known of the model's pace."""
WAITING_TEXTS = 2048
WAITING_CHARS = 1_000_000
"""What may wait; one request is taken whenever nothing does, however long it is."""


@dataclass(eq=False, slots=True)
class _Order:
    texts: Sequence[str]
    done: asyncio.Future[None]
    answers: list[Answer | None] = field(default_factory=list)
    num_taken: int = 0
    num_answered: int = 0


@final
class Batcher:
    """Answers lists of texts, asked for on one event loop."""

    def __init__(self, recognize: Recognize, lane: Lane, metrics: Metrics) -> None:
        self._recognize, self._lane, self._metrics = recognize, lane, metrics
        self._lock = threading.Lock()
        self._orders: deque[_Order] = deque()
        self._num_texts = self._num_chars = 0
        self._is_busy = False
        self._budget_chars = float(MIN_BATCH_CHARS)

    async def answers(self, texts: Sequence[str]) -> list[Answer]:
        """Return what is in each text, or the error that it alone met.

        Raises:
            HTTPException: 429, too much is waiting.
        """
        if not texts:
            return []
        loop = asyncio.get_running_loop()
        order = _Order(texts, loop.create_future(), [None] * len(texts))
        with self._lock:
            self._refuse_too_much(texts)
            self._orders.append(order)
            self._count(len(texts), sum(map(len, texts)))
            is_idle, self._is_busy = not self._is_busy, True
        if is_idle:
            self._begin(loop)
        try:
            await order.done
        except asyncio.CancelledError:
            self._forget(order)
            raise
        return [answer for answer in order.answers if answer is not None]

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            # in an empty context: the thread goes on with texts of other requests and must not log under this one's id
            Context().run(self._lane.start, lambda: self._drain(loop))
        except BaseException:
            with self._lock:
                self._is_busy = False
            raise

    def _refuse_too_much(self, texts: Sequence[str]) -> None:
        num_texts, num_chars = self._num_texts + len(texts), self._num_chars + sum(map(len, texts))
        if self._num_texts and (num_texts > WAITING_TEXTS or num_chars > WAITING_CHARS):
            detail = f"{self._num_texts} texts wait for the model already; come back later"
            raise HTTPException(429, detail, {"Retry-After": str(RETRY_AFTER_S)})

    def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        while batch := self._take():
            self._metrics.batch_texts.observe(len(batch))
            texts, start = [order.texts[position] for order, position in batch], time.perf_counter()
            answers = recognized_each(self._recognize, texts)
            self._learn(sum(map(len, texts)), time.perf_counter() - start)
            loop.call_soon_threadsafe(_deliver, batch, answers)

    def _learn(self, num_chars: int, seconds: float) -> None:
        wanted = num_chars / max(seconds, 1e-6) * BATCH_S
        budget = (1 - _NEWEST) * self._budget_chars + _NEWEST * wanted
        self._budget_chars = min(MAX_BATCH_CHARS, max(MIN_BATCH_CHARS, budget))

    def _take(self) -> list[tuple[_Order, int]]:
        """Return the next batch; when there is none the thread is idle from now on."""
        batch: list[tuple[_Order, int]] = []
        num_chars = 0
        with self._lock:
            while self._orders and len(batch) < BATCH_TEXTS:
                order = self._orders[0]
                length = len(order.texts[order.num_taken])
                if batch and num_chars + length > self._budget_chars:
                    break
                self._orders.popleft()
                batch.append((order, order.num_taken))
                order.num_taken += 1
                num_chars += length
                if order.num_taken < len(order.texts):
                    self._orders.append(order)
            self._count(-len(batch), -num_chars)
            self._is_busy = bool(batch)
        return batch

    def _forget(self, order: _Order) -> None:
        """Take out what nobody waits for any more."""
        with self._lock:
            if order in self._orders:
                self._orders.remove(order)
                left = order.texts[order.num_taken :]
                self._count(-len(left), -sum(map(len, left)))

    def _count(self, num_texts: int, num_chars: int) -> None:
        self._num_texts += num_texts
        self._num_chars += num_chars
        self._metrics.waiting_texts.set(self._num_texts)


def _deliver(batch: Sequence[tuple[_Order, int]], answers: Sequence[Answer]) -> None:
    for (order, position), answer in zip(batch, answers, strict=True):
        order.answers[position] = answer
        order.num_answered += 1
        if order.num_answered == len(order.texts) and not order.done.done():
            order.done.set_result(None)
