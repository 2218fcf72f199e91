"""Measure POST /v1/ner against the model in a bare loop, and against itself without batches.

benchmarks/ner_api.py - v0.1.0

Run it: python benchmarks/ner_api.py [--model path/to/model]   (default: the champion of the home)

```mermaid
flowchart LR
    main --> bare_rate & closed_loop & open_loop
    closed_loop & open_loop --> Client
```
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._ner_server import Client, served
from benchmarks._verdict import NOT_MEASURED
from seedbed.errors import SeedbedError
from seedbed.ner.adapters.spacy_loading import load
from seedbed.ner.annotated_text import read_annotated
from seedbed.ner.config import NerConfig
from seedbed.settings import load_settings
from seedbed.wiring_ner import find_model

NUM_CLIENTS, NUM_WORDS, NUM_TEXTS = 32, 15, 2000
MIN_OF_BARE, MIN_OF_UNBATCHED, MAX_P99 = 0.60, 2.0, 5.0
_SOURCE = Path("data", "ner", "source", "train")


def short_texts(count: int) -> list[str]:
    """Return texts of so many words each, different ones, out of the project's own sentences."""
    words = " ".join(each.text for each in read_annotated(_SOURCE)).split()
    rng = random.Random(7)
    starts = [rng.randrange(len(words) - NUM_WORDS) for _ in range(count)]
    return [" ".join(words[start : start + NUM_WORDS]) for start in starts]


def bare_rate(nlp: Any, texts: Sequence[str]) -> float:
    """Return texts a second of a loop over nlp.pipe that looks at the entities."""
    start = time.perf_counter()
    for doc in nlp.pipe(texts, batch_size=256):
        [(span.text, span.label_, span.start_char, span.end_char) for span in doc.ents]
    return len(texts) / (time.perf_counter() - start)


async def answered(client: Client, body: bytes) -> None:
    """Ask, and end everything when there is no answer: a refusal is fast and measures nothing."""
    status, content = await client.post(body)
    if status != 200:
        raise SystemExit(f"ner_api: {status} {content.decode()}")


async def closed_loop(port: int, token: str, texts: Sequence[str]) -> float:
    """Return texts a second when every client asks again as soon as it has its answer."""
    bodies = iter([json.dumps({"text": text}).encode() for text in texts])
    clients = [Client(port, token) for _ in range(NUM_CLIENTS)]

    async def work(client: Client) -> None:
        for body in bodies:
            await answered(client, body)

    start = time.perf_counter()
    await asyncio.gather(*map(work, clients))
    rate = len(texts) / (time.perf_counter() - start)
    for client in clients:
        client.close()
    return rate


async def open_loop(port: int, token: str, texts: Sequence[str], rate: float) -> list[float]:
    """Return the seconds that each request took, asked at random moments, whether the last is back or not."""
    rng, free = random.Random(7), asyncio.Queue[Client]()
    for _ in range(NUM_CLIENTS):
        free.put_nowait(Client(port, token))
    took: list[float] = []

    async def ask(text: str, due: float) -> None:
        client = await free.get()
        await answered(client, json.dumps({"text": text}).encode())
        took.append(time.perf_counter() - due)
        free.put_nowait(client)

    due, asked = time.perf_counter() + 0.1, []
    for text in texts:
        due += rng.expovariate(rate)
        await asyncio.sleep(due - time.perf_counter())
        asked.append(asyncio.create_task(ask(text, due)))
    await asyncio.gather(*asked)
    while not free.empty():
        free.get_nowait().close()
    return took


async def single(port: int, token: str, texts: Sequence[str]) -> float:
    """Return the median seconds of one request after the other."""
    client, took = Client(port, token), []
    for text in texts:
        start = time.perf_counter()
        await answered(client, json.dumps({"text": text}).encode())
        took.append(time.perf_counter() - start)
    client.close()
    return statistics.median(took)


def measured(model: str, home: Path, texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Return the numbers, what is compared measured in turns."""
    nlp = load(find_model(NerConfig(model=model), home, load_settings().tracking))
    list(nlp.pipe(texts[:256]))
    bare, batched, unbatched = [], [], []
    with (
        tempfile.TemporaryDirectory() as other,
        served(model, home) as (port, token, _),
        served(model, Path(other), "--no-batching") as (port_off, token_off, _),
    ):
        for _ in range(rounds):
            bare.append(bare_rate(nlp, texts))
            batched.append(asyncio.run(closed_loop(port, token, texts)))
            unbatched.append(asyncio.run(closed_loop(port_off, token_off, texts[: len(texts) // 2])))
        rate = statistics.median(batched)
        median_s = asyncio.run(single(port, token, texts[:300]))
        took = sorted(asyncio.run(open_loop(port, token, texts, rate / 2)))
    return {
        "bare": statistics.median(bare),
        "batched": rate,
        "unbatched": statistics.median(unbatched),
        "single_median_s": median_s,
        "p99_s": took[int(len(took) * 0.99)],
    }


def main() -> int:
    """Print the ratios; return 1 when one misses its bar and 77 when there is no model."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", help="a folder, a package or an alias; default: the champion of the home")
    parser.add_argument("--texts", type=int, default=NUM_TEXTS)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    settings = load_settings()
    try:
        place = find_model(NerConfig(model=chosen.model), settings.home, settings.tracking)
    except SeedbedError as error:
        print(f"ner_api: {error}")
        return NOT_MEASURED
    with tempfile.TemporaryDirectory() as home:
        found = measured(place.package or str(place.folder), Path(home), short_texts(chosen.texts), chosen.rounds)
    of_bare, of_unbatched = found["batched"] / found["bare"], found["batched"] / found["unbatched"]
    p99 = found["p99_s"] / found["single_median_s"]
    print(f"{place.name}: {NUM_CLIENTS} clients, {chosen.texts} texts of {NUM_WORDS} words, {chosen.rounds} rounds")
    print(f"bare nlp.pipe {found['bare']:,.0f}/s, API {found['batched']:,.0f}/s: {of_bare:.2f} (bar {MIN_OF_BARE})")
    print(f"API without batches {found['unbatched']:,.0f}/s: {of_unbatched:.2f} x (bar {MIN_OF_UNBATCHED})")
    times = f"single median {found['single_median_s'] * 1e3:.1f} ms, p99 at half load {found['p99_s'] * 1e3:.1f} ms"
    print(f"{times}: {p99:.1f} (bar {MAX_P99})")
    return int(of_bare < MIN_OF_BARE or of_unbatched < MIN_OF_UNBATCHED or p99 > MAX_P99)


if __name__ == "__main__":
    sys.exit(main())
