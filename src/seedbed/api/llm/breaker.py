"""Leave a server alone that failed several times in a row.

src/seedbed/api/llm/breaker.py - v0.1.0

```mermaid
classDiagram
    Breaker ..> Callable : reads the time by
```
"""

import time
from collections.abc import Callable
from typing import final

MAX_FAILURES = 3
REST_S, MAX_REST_S = 5.0, 60.0


@final
class Breaker:
    """Counts failures in a row; after three of them it admits one trial per rest, and each rest is twice as long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._num_failures = 0
        self._rest_s = REST_S
        self._until = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether the server is being left alone."""
        return self._num_failures >= MAX_FAILURES

    @property
    def wait_s(self) -> float:
        """Seconds until it may be tried."""
        return max(0.0, self._until - self._clock()) if self.is_open else 0.0

    def admits(self) -> bool:
        """Say whether to try; a trial that nobody reports on costs one rest."""
        if self.wait_s:
            return False
        if self.is_open:
            self._until = self._clock() + self._rest_s
        return True

    def failed(self) -> None:
        """Note that it did not answer, or broke off."""
        self._num_failures += 1
        if self.is_open:
            self._rest_s = min(MAX_REST_S, REST_S * 2.0 ** min(self._num_failures - MAX_FAILURES, 10))
            self._until = self._clock() + self._rest_s

    def succeeded(self) -> None:
        """Note that it answered."""
        self._num_failures = 0
