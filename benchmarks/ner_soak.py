"""Keep POST /v1/ner saturated: errors, memory, and what a shutdown in the middle loses.

benchmarks/ner_soak.py - v0.1.0

Run it: python benchmarks/ner_soak.py [--minutes 10] [--model path/to/model]

```mermaid
flowchart LR
    main --> saturated & shut_down
    saturated & shut_down --> Client
```
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from subprocess import Popen

import psutil

from benchmarks._ner_server import Client, served
from benchmarks._verdict import NOT_MEASURED
from benchmarks.ner_api import short_texts
from seedbed.errors import SeedbedError
from seedbed.ner.config import NerConfig
from seedbed.settings import load_settings
from seedbed.wiring_ner import find_model

NUM_CLIENTS = 64
MAX_GROWTH = 1.10
"""Of the resident memory, from the first fifth of the time to the last."""
_IN_FLIGHT = 16
_ITEMS = 256


async def saturated(
    port: int, token: str, texts: Sequence[str], seconds: float, server: psutil.Process
) -> tuple[Counter[int], list[int]]:
    """Return how often each status came, and the resident bytes of the server over the time."""
    statuses: Counter[int] = Counter()
    memory: list[int] = []
    end = time.monotonic() + seconds

    async def work(number: int) -> None:
        client = Client(port, token)
        while time.monotonic() < end:
            number += NUM_CLIENTS
            items = [{"id": str(each), "text": texts[(number + each) % len(texts)]} for each in range(1 + number % 3)]
            status, content = await client.post(json.dumps({"items": items}).encode())
            statuses[status] += 1
            if status == 200 and len(json.loads(content)["results"]) != len(items):
                statuses[0] += 1
        client.close()

    async def watch() -> None:
        while time.monotonic() < end:
            memory.append(server.memory_info().rss)
            await asyncio.sleep(min(1.0, seconds / 50))

    await asyncio.gather(watch(), *map(work, range(NUM_CLIENTS)))
    return statuses, memory


async def shut_down(port: int, token: str, texts: Sequence[str], process: Popen[bytes]) -> tuple[int, int]:
    """Tell the server to end while it works; return how many requests it had accepted, and answered in full."""
    items = [{"id": str(number), "text": texts[number % len(texts)]} for number in range(_ITEMS)]
    clients = [Client(port, token) for _ in range(_IN_FLIGHT)]
    asked = [asyncio.create_task(client.post(json.dumps({"items": items}).encode())) for client in clients]
    await asyncio.sleep(0.2)  # sent, and for the most part waiting
    num_early = sum(each.done() for each in asked)
    process.send_signal(signal.SIGTERM)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for client in clients:
        client.close()
    print(f"shutdown: {_IN_FLIGHT} requests of {_ITEMS} texts were sent, {num_early} of them answered before it")
    full = [each for each in answers if not isinstance(each, BaseException) and each[0] == 200]
    num_refused = sum(not isinstance(each, BaseException) and each[0] == 429 for each in answers)
    num_full = sum(len(json.loads(content)["results"]) == _ITEMS for _, content in full)
    return _IN_FLIGHT - num_refused, num_full


def main() -> int:
    """Print what came back; return 1 when there was an error, memory grew or a request was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--model", help="a folder, a package or an alias; default: the champion of the home")
    chosen = parser.parse_args()
    settings = load_settings()
    try:
        place = find_model(NerConfig(model=chosen.model), settings.home, settings.tracking)
    except SeedbedError as error:
        print(f"ner_soak: {error}")
        return NOT_MEASURED
    texts = short_texts(500)
    with (
        tempfile.TemporaryDirectory() as home,
        served(place.package or str(place.folder), Path(home)) as (port, token, process),
    ):
        warm = saturated(port, token, texts, max(2.0, chosen.minutes * 3), psutil.Process(process.pid))
        asyncio.run(warm)
        seconds = chosen.minutes * 60
        found = asyncio.run(saturated(port, token, texts, seconds, psutil.Process(process.pid)))
        num_accepted, num_answered = asyncio.run(shut_down(port, token, texts, process))
    statuses, memory = found
    fifth = max(1, len(memory) // 5)
    growth = sum(memory[-fifth:]) / sum(memory[:fifth])
    errors = sum(count for status, count in statuses.items() if status not in (200, 429))
    print(f"{place.name}: {chosen.minutes:g} minutes, {NUM_CLIENTS} clients, {statuses.total():,} requests: {statuses}")
    print(f"errors but 429: {errors} (bar 0); memory {memory[-1] / 1e6:,.0f} MB, {growth:.3f} x (bar {MAX_GROWTH})")
    print(f"answered in full after the shutdown: {num_answered} of {num_accepted} accepted (bar: all)")
    worked = statuses[200] > 0 and num_accepted > 0  # who refuses everything makes no errors and loses nothing
    return int(not worked or errors > 0 or growth > MAX_GROWTH or num_answered < num_accepted)


if __name__ == "__main__":
    sys.exit(main())
