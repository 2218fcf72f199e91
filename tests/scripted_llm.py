"""Serve HTTP from a script, byte by byte, in the loop of the test: what a real server does only by accident.

tests/scripted_llm.py - v0.1.0
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import uvicorn

from tests.store_servers import free_port

LIST = {"object": "list", "data": [{"id": "tiny", "object": "model", "created": 1, "owned_by": "x"}]}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
FINISH = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"


def piece(text: str) -> bytes:
    """Return the event that says a piece of an answer."""
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


def whole(status: int, body: object, **headers: str) -> bytes:
    """Return a response that is no stream."""
    said = json.dumps(body).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}Content-Length: {len(said)}\r\n\r\n"
    return head.encode() + said


def chunk(data: bytes) -> bytes:
    """Return a chunk of a response; an empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(data), data)


class Scripted:
    """A server that lists one model and answers everything else by its script."""

    def __init__(self, script: "Callable[[Talk], Awaitable[None]]") -> None:
        self._script = script
        self.url = f"http://127.0.0.1:{free_port()}"
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.closed = asyncio.Event()

    async def start(self) -> asyncio.Server:
        """Listen."""
        return await asyncio.start_server(self._serve, "127.0.0.1", int(self.url.rpartition(":")[2]))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                path = head[0].split()[1]
                self.asked.append((path, headers, body))
                talk = Talk(reader, writer)
                if path == "/v1/models":
                    await talk.say(whole(200, LIST))
                else:
                    await self._script(talk)
                if talk.is_over:
                    break
        self.closed.set()
        writer.close()


class Talk:
    """One exchange on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.is_over = False
        self.num_bytes = 0

    async def say(self, *data: bytes) -> None:
        """Send bytes, as fast as they are taken."""
        for each in data:
            self._writer.write(each)
            self.num_bytes += len(each)
            await self._writer.drain()

    async def until_left(self) -> None:
        """Wait until the other side has closed."""
        self.is_over = True
        await self._reader.read()

    def hang_up(self) -> None:
        """End the connection where it is."""
        self.is_over = True


@asynccontextmanager
async def scripted(script: Callable[[Talk], Awaitable[None]]) -> AsyncIterator[Scripted]:
    """Run a scripted server."""
    server = Scripted(script)
    listening = await server.start()
    try:
        yield server
    finally:
        listening.close()


@asynccontextmanager
async def listening(app: object) -> AsyncIterator[str]:
    """Serve an application on a loopback port, in this loop, and yield its address."""
    port = free_port()
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan="off", ws="none")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    server.capture_signals = suppress  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await serving
