"""Serve the API for a measurement, and ask it as many clients.

benchmarks/_ner_server.py - v0.1.0

The clients speak HTTP over bare sockets: a client library would cost more than the server, on the same cores.

```mermaid
flowchart LR
    main --> serve
    served --> Popen
    Client --> StreamReader
```
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from seedbed.api import batcher
from seedbed.api.main import serve
from seedbed.api.model_desk import ModelDesk
from seedbed.api.tokens import mint
from seedbed.settings import load_settings

_PATIENCE_S = 300.0


@final
class Client:
    """One connection that is kept."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._head = (
            f"POST /v1/ner HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        reader, writer = self._streams
        writer.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        content = await reader.readexactly(length)
        if b"connection: close" in head.lower():
            writer.close()
            self._streams = None
        return int(head[9:12]), content

    def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            self._streams[1].close()


@contextmanager
def served(model: str, home: Path, *options: str) -> Iterator[tuple[int, str, subprocess.Popen[bytes]]]:
    """Start the API with a NER model; yield its port, a token for it, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {"SEEDBED_HOME": str(home), "SEEDBED_NER__MODEL": model, "SEEDBED_API__RATE_LIMIT": "99999999/second"}
    settings = load_settings(variables)
    token = mint(settings, "bench", ["ner"], 24 * 3600)
    with (home / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "benchmarks._ner_server", str(port), *options]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | variables)
        try:
            asyncio.run(_until_ready(port, token, process))
            yield port, token, process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_S)


async def _until_ready(port: int, token: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        client = Client(port, token)
        try:
            status, _ = await client.post(b'{"text": "Oslo"}')
            if status == 200:
                return
        except OSError:
            await asyncio.sleep(0.2)
        finally:
            client.close()
    raise SystemExit("the API did not start; see server.log")


def main() -> None:
    """Serve until the process is told to end; the encoder of searches is not loaded, it would be measured too."""
    setattr(ModelDesk, "warm", lambda _: None)  # noqa: B010
    if "--no-batching" in sys.argv:
        batcher.BATCH_TEXTS = 1
    serve(load_settings(), "127.0.0.1", int(sys.argv[1]), workers=1)


if __name__ == "__main__":
    main()
