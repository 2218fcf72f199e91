"""Find out whether everything that the API stands on does its work.

src/seedbed/api/readiness.py - v0.1.0

Anybody may ask, so what was found is good for some seconds, whoever asks how often.

```mermaid
flowchart LR
    Readiness --> Check & Lack
    Readiness --> SeedbedError & MissingError
```
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, final

from starlette.exceptions import HTTPException

from seedbed.errors import SeedbedError
from seedbed.missing import MissingError

logger = logging.getLogger(__name__)

type Check = Callable[[], Awaitable[object]]

GOOD_FOR_S = 5.0
_TIMEOUT_S = 10.0


class Lack(NamedTuple):
    """Why something does not do its work."""

    reason: str
    absent: bool = False
    """Nobody has set it up: that is no fault, and what could set it up may have to come through this API."""


_NEVER_ASKED = Lack("never asked")


@final
class Readiness:
    """Asks every dependency, at most one question at a time."""

    def __init__(self, checks: Mapping[str, Check], good_for_s: float = GOOD_FOR_S) -> None:
        self._checks = checks
        self._good_for_s = good_for_s
        self._found: dict[str, Lack | None] = {}
        self._found_at = float("-inf")
        self._asking = asyncio.Lock()

    async def lacks(self) -> Mapping[str, Lack | None]:
        """Return for every dependency why it does not do its work; None where it does."""
        async with self._asking:
            if time.monotonic() - self._found_at > self._good_for_s:
                lacks = await asyncio.gather(*(self._lack(name, check) for name, check in self._checks.items()))
                self._found = dict(zip(self._checks, lacks, strict=True))
                self._found_at = time.monotonic()
            return self._found

    async def _lack(self, name: str, check: Check) -> Lack | None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await check()
        except TimeoutError:
            return Lack(f"no answer within {_TIMEOUT_S:g} s")
        except MissingError as error:
            return Lack(str(error), absent=True)
        except SeedbedError as error:
            return Lack(str(error))
        except HTTPException as error:
            # what worked a moment ago and takes no more is busy: taken out, its share would fall to the others
            was_ready = self._found.get(name, _NEVER_ASKED) is None
            return None if error.status_code == 429 and was_ready else Lack(error.detail)
        except Exception:
            logger.exception("check_crashed", extra={"dependency": name})
            return Lack("the check crashed; the log says how")
        return None
