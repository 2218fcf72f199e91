"""Count what each subject asks for.

src/seedbed/api/rates.py - v0.1.0

When Redis cannot count, nobody is let in: a limit that can be switched off by harming Redis is none.

```mermaid
flowchart LR
    Rates --> SlidingWindowCounterRateLimiter
    Rates --> WorldError
```
"""

import math
import time
from typing import final

from limits import parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from seedbed.api_section import ApiConfig
from seedbed.errors import WorldError

_TIMEOUT_S = 2.0


@final
class Rates:
    """One limit for every subject, counted here or in Redis."""

    def __init__(self, config: ApiConfig) -> None:
        self._limit = parse(config.rate_limit)
        self.is_shared = config.redis_url is not None
        self._storage: Storage
        if config.redis_url is None:
            self._storage = MemoryStorage()
        else:
            address = f"async+{config.redis_url.get_secret_value()}"
            self._storage = RedisStorage(
                address, True, "redispy", socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
            )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    async def wait_s(self, subject: str) -> int:
        """Count one request; return 0, or the seconds after which the subject may come back.

        Raises:
            WorldError: Redis does not answer.
        """
        try:
            if await self._limiter.hit(self._limit, subject):
                return 0
            reset = (await self._limiter.get_window_stats(self._limit, subject)).reset_time
        except StorageError as error:
            raise WorldError(f"Redis cannot count requests: {error}") from error
        return max(1, math.ceil(reset - time.time()))

    async def close(self) -> None:
        """Close the connections to Redis."""
        if isinstance(self._storage, RedisStorage):  # limits itself never closes what it opened
            await self._storage.bridge.storage.aclose()  # type: ignore[attr-defined]

    async def check(self) -> None:
        """Raise WorldError when requests cannot be counted."""
        try:
            is_there = await self._storage.check()
        except StorageError as error:
            raise WorldError(f"Redis cannot count requests: {error}") from error
        if not is_there:
            raise WorldError("Redis does not answer; see SEEDBED_API__REDIS_URL")
