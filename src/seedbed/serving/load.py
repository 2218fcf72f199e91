"""Put load on a server of language models, and note when each piece came.

src/seedbed/serving/load.py - v0.1.0

A closed loop: as many clients as asked for, each with the next question as soon as it has its answer.

```mermaid
flowchart LR
    answered --> ChatServer
    answered --> Timed
```
"""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

from seedbed.errors import SeedbedError, WorldError
from seedbed.progress import Progress
from seedbed.serving.conversation import Question
from seedbed.serving.ports import ChatServer

_WORDS = (
    "river", "stone", "cloud", "paper", "green", "night", "engine", "letter", "market", "window",
    "silver", "garden", "number", "planet", "coffee", "winter", "bridge", "signal", "forest", "copper",
    "island", "mirror", "record", "candle", "sample", "orange", "tunnel", "saddle", "harbor", "velvet",
)  # fmt: skip


class Timed(NamedTuple):
    """One answer, as it was measured."""

    first_s: float
    """From the question to the first piece of text."""
    gaps_s: tuple[float, ...]
    """Between pieces."""
    seconds: float
    num_tokens: int
    """As the server counts; pieces where it does not."""
    failure: str = ""

    @property
    def token_s(self) -> float:
        """The mean time between tokens after the first."""
        return (self.seconds - self.first_s) / max(1, self.num_tokens - 1)


def random_prompts(seed: int, num_prompts: int, num_words: int) -> list[str]:
    """Return prompts that begin differently, so that no cache of prefixes answers for the server.

    >>> random_prompts(7, 1, 3) == random_prompts(7, 1, 3) != random_prompts(8, 1, 3)
    True
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    return [" ".join(rng.choices(_WORDS, k=num_words)) for _ in range(num_prompts)]


def answered(
    server: ChatServer, questions: Sequence[Question], concurrency: int, progress: Progress | None = None
) -> tuple[list[Timed], float]:
    """Ask every question, so many at a time; return what each took, and the seconds that all took.

    Raises:
        WorldError: no question was answered.
    """
    done: list[Timed] = []
    started = time.perf_counter()
    with ThreadPoolExecutor(concurrency, thread_name_prefix="seedbed-load") as clients:
        for timed in clients.map(lambda question: _timed(server, question), questions):
            done.append(timed)
            if progress:
                progress(len(done), len(questions), f"answers ({concurrency} at a time)")
    seconds = time.perf_counter() - started
    if all(timed.failure for timed in done):
        raise WorldError(f"no question was answered: {done[0].failure}")
    return done, seconds


def _timed(server: ChatServer, question: Question) -> Timed:
    started = time.perf_counter()
    came: list[float] = []
    num_tokens = 0
    try:
        for piece in server.stream(question):
            if piece.text:
                came.append(time.perf_counter())
            num_tokens = piece.completion_tokens or num_tokens
    except SeedbedError as error:
        return Timed(0, (), time.perf_counter() - started, 0, str(error))
    if not came:
        return Timed(0, (), time.perf_counter() - started, 0, "an answer without text")
    gaps = tuple(after - before for before, after in pairwise(came))
    return Timed(came[0] - started, gaps, came[-1] - started, num_tokens or len(came))
