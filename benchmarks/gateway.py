"""Measure streams through the gateway against the same streams from the server itself.

benchmarks/gateway.py - v0.1.0

The server is llama.cpp with random weights, the gateway our API in a process of its own, the client plain sockets.
Direct and through the gateway in turns, so that what else the machine does meets both.

```mermaid
flowchart LR
    main --> compared --> streamed
    main --> abandoned & killed
    serve --> create_app
```
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from seedbed.api.app import create_app
from seedbed.api.tokens import mint
from seedbed.settings import Settings, load_settings
from tests.store_servers import free_port
from tests.tiny_llm import NAME, TinyLlm, tiny_llm, write_model

_CLIENTS, _TOKENS, _ROUNDS, _STREAMS = 64, 48, 3, 2
_MAX_FIRST_MS, _MAX_RATIO = 5.0, 1.10
_GONE = 1000
_WIDTH, _LAYERS = 512, 4
"""A model of 10 million weights: 64 clients get some 20 tokens a second each, as on a server that is well used."""


class Stream(NamedTuple):
    """What one stream took."""

    first_s: float
    seconds: float
    num_events: int


async def streamed(url: str, key: str, max_tokens: int = _TOKENS, *, leave_after: int | None = None) -> Stream:
    """Ask for a stream and read it to its end, or leave after so many events."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps(
        {"model": NAME, "messages": [{"role": "user", "content": "hello"}], "max_tokens": max_tokens, "stream": True}
    )
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
    request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    started, first_s, num_events = time.perf_counter(), 0.0, 0
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise SystemExit(f"gateway: {answer.decode()}{(await reader.read(2000)).decode()}")
        while data := await reader.read(65536):
            first_s = first_s or time.perf_counter() - started
            num_events += data.count(b"data: ")
            if data.endswith(b"0\r\n\r\n") or (leave_after is not None and num_events >= leave_after):
                break
    finally:
        writer.close()
    return Stream(first_s, time.perf_counter() - started, num_events)


async def round_of(url: str, key: str) -> list[Stream]:
    """Run 64 clients at a time, each with its streams one after the other, begun a little apart."""

    async def client(number: int) -> list[Stream]:
        await asyncio.sleep(number * 0.02)
        return [await streamed(url, key) for _ in range(_STREAMS)]

    return [each for streams in await asyncio.gather(*map(client, range(_CLIENTS))) for each in streams]


@contextmanager
def gateway(settings: Settings, folder: Path, *servers: str) -> Iterator[str]:
    """Run the API, without its encoder, in front of these servers."""
    port = free_port()
    backends = json.dumps([{"name": f"b{number}", "url": url} for number, url in enumerate(servers)])
    environment = os.environ | {"SEEDBED_HOME": str(settings.home), "SEEDBED_LLM__BACKENDS": backends}
    environment |= {"SEEDBED_API__RATE_LIMIT": "1000000/second", "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "benchmarks.gateway", "--serve", str(port)]
    with (
        (folder / "api.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as api,
    ):
        try:
            for _ in range(600):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/health")
                except httpx.HTTPError:
                    time.sleep(0.05)
                else:
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            api.kill()


def serve(port: int) -> None:
    """Serve the API as `seedbed serve api` does, without loading what only searches need."""
    import uvicorn

    uvicorn.run(create_app(load_settings()), port=port, access_log=False, log_config=None, lifespan="off", ws="none")


def compared(name: str, direct: str, through: str, key: str, *, is_judged: bool = True) -> bool:
    """Print both, and return whether the gateway meets its bars, where it is judged by them."""
    found: dict[str, list[Stream]] = {"direct": [], "gateway": []}
    for url in (direct, through):  # what is made once is made
        asyncio.run(streamed(url, key, 4))
    for _ in range(_ROUNDS):
        found["direct"] += asyncio.run(round_of(direct, key))
        found["gateway"] += asyncio.run(round_of(through, key))
    first = {who: statistics.median(each.first_s for each in streams) for who, streams in found.items()}
    total = {who: statistics.median(each.seconds for each in streams) for who, streams in found.items()}
    overhead_ms, ratio = (first["gateway"] - first["direct"]) * 1e3, total["gateway"] / total["direct"]
    rate = statistics.median(each.num_events / each.seconds for each in found["direct"])
    print(f"{name}: {_CLIENTS} clients, {len(found['direct'])} streams each way, {rate:.0f} tokens/s a stream")
    print(
        f"  first byte p50 {first['direct'] * 1e3:.1f} ms direct, {first['gateway'] * 1e3:.1f} ms through: "
        f"{overhead_ms:+.1f} ms{f' (bar {_MAX_FIRST_MS})' if is_judged else ''}"
    )
    whole = f"{total['direct']:.3f} s direct, {total['gateway']:.3f} s through"
    print(f"  whole p50 {whole}: ratio {ratio:.3f}{f' (bar {_MAX_RATIO})' if is_judged else ''}")
    return not is_judged or (overhead_ms <= _MAX_FIRST_MS and ratio <= _MAX_RATIO)


async def abandoned(through: str, server: TinyLlm, key: str) -> bool:
    """Leave 1,000 streams in the middle; return whether the server stops within a second, and nothing is left over."""

    async def idle_s() -> float:
        started = time.perf_counter()
        while server.num_busy():
            if time.perf_counter() - started > 5:
                return float("inf")
            await asyncio.sleep(0.01)
        return time.perf_counter() - started

    async def memory_and_files() -> tuple[float, float]:
        metrics = httpx.get(f"{through}/metrics").text
        open_streams = next(line for line in metrics.splitlines() if line.startswith("seedbed_llm_in_flight{"))
        return float(open_streams.split()[-1]), len(os.listdir(f"/proc/{_pid(through)}/fd"))  # noqa: PTH208

    worst = 0.0
    await streamed(through, key, 400, leave_after=3)
    _, files_before = await memory_and_files()
    for _ in range(_GONE // 20):
        await asyncio.gather(*(streamed(through, key, 400, leave_after=3) for _ in range(20)))
        worst = max(worst, await idle_s())
    await asyncio.sleep(0.5)
    left, files = await memory_and_files()
    print(f"client gone: {_GONE} streams left, the server idle after {worst:.2f} s at most (bar 1), ", end="")
    print(f"in flight {left:.0f}, open files {files_before:.0f} before and {files:.0f} after")
    return worst <= 1 and left == 0 and files <= files_before + 40


def _pid(url: str) -> str:
    port = f"{int(url.rpartition(':')[2]):04X}"
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if b"--serve" in command and str(int(port, 16)).encode() in command.split(b"\0"):
                return process.name
    raise SystemExit("gateway: the API is gone")


async def killed(through: str, first: TinyLlm, key: str) -> bool:
    """Kill a server in the middle of a stream, then ask again."""

    async def cut() -> str:
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
            body = {"messages": [{"role": "user", "content": "hi"}], "stream": True, "max_tokens": 400}
            async with client.stream("POST", f"{through}/v1/chat/completions", json=body) as answer:
                said = ""
                async for text in answer.aiter_text():
                    said += text
                    if said.count("data: ") >= 3:
                        first.process.kill()
                return said + answer.headers["x-seedbed-backend"]

    after, before = await cut(), await cut()
    typed = '"type": "backend_lost"' in after and after.endswith("b0")
    other = before.endswith("b1") and "[DONE]" in before
    print(f"server killed after the first byte: typed error event {typed}; before it: the next answers {other}")
    return typed and other


def main() -> int:
    """Print every number; return 1 when a bar is missed."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = load_settings({"SEEDBED_HOME": str(folder / "home")}, folder)
        key = mint(settings, "bench", ["llm"], 3600)
        small = write_model(folder / "tiny.gguf")
        larger = write_model(folder / "larger.gguf", width=_WIDTH, num_layers=_LAYERS)
        met = []
        with tiny_llm(larger, num_slots=_CLIENTS) as server, gateway(settings, folder, server.url) as through:
            met.append(compared("model of 10 million weights", server.url, through, key))
        with tiny_llm(small, num_slots=_CLIENTS) as server, gateway(settings, folder, server.url) as through:
            # no bar: eight clients and the gateway take the cores from a server that has next to nothing to do
            compared("model of 0.1 million weights, shown", server.url, through, key, is_judged=False)
            met.append(asyncio.run(abandoned(through, server, key)))
        with (
            tiny_llm(small) as first,
            tiny_llm(small) as second,
            gateway(settings, folder, first.url, second.url) as through,
        ):
            met.append(asyncio.run(killed(through, first, key)))
    return int(not all(met))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
    else:
        sys.exit(main())
