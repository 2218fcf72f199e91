"""Stand in for the snapshot calls of a Qdrant server's REST port.

tests/qdrant_rest.py - v0.1.0

The shapes are those of Qdrant's API reference; a snapshot's content is this file's own, for no client looks inside.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

from qdrant_client import models as q

from tests.qdrant_server import StandIn

PORT = 6333


class SnapshotCalls(BaseHTTPRequestHandler):
    """Packs, sends, deletes and takes back the collections of a stand-in."""

    told: StandIn
    packed: dict[str, bytes]
    num_nodes = 1
    alter = False
    """Send other bytes than were packed."""

    def do_GET(self) -> None:
        """Describe the cluster, say whether a collection is there, or send a snapshot."""
        match self._path():
            case ["cluster"]:
                self._answer({"status": "enabled", "peers": {str(node): {} for node in range(self.num_nodes)}})
            case ["collections", name, "exists"]:
                self._answer({"exists": self.told.database.collection_exists(name)})
            case ["collections", _, "snapshots", snapshot]:
                self._send(self.packed[snapshot] + b"x" * self.alter)

    def do_POST(self) -> None:
        """Pack a collection, or unpack an uploaded one."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        match self._path():
            case ["collections", name, "snapshots"]:
                content = self._pack(name)
                snapshot = f"{name}-2026.snapshot"
                self.packed[snapshot] = content
                self._answer({"name": snapshot, "size": len(content), "checksum": sha256(content).hexdigest()})
            case ["collections", name, "snapshots", "upload"]:
                self._unpack(name, body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0])
                self._answer(True)

    def do_DELETE(self) -> None:
        """Forget a snapshot."""
        self._answer(self.packed.pop(self._path()[-1], None) is not None)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""

    def _pack(self, name: str) -> bytes:
        points, _ = self.told.database.scroll(name, limit=10_000, with_vectors=True)
        info = self.told.database.get_collection(name)
        facts = {
            "vectors": cast(q.VectorParams, info.config.params.vectors).model_dump(mode="json"),
            "metadata": info.config.metadata,
            "points": [point.model_dump(include={"id", "vector", "payload"}) for point in points],
        }
        return json.dumps(facts).encode()

    def _unpack(self, name: str, content: bytes) -> None:
        facts = json.loads(content)
        database = self.told.database
        database.delete_collection(name)
        database.create_collection(name, q.VectorParams(**facts["vectors"]), metadata=facts["metadata"])
        database.upsert(name, [q.PointStruct(**point) for point in facts["points"]])
        self.told.thresholds.setdefault(name, 10_000)
        self.told.indexed.setdefault(name, {})

    def _path(self) -> list[str]:
        return urlsplit(self.path).path.strip("/").split("/")

    def _answer(self, result: object) -> None:
        self._send(json.dumps({"result": result, "status": "ok", "time": 0.1}).encode())

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def qdrant_rest(server: StandIn) -> Iterator[type[SnapshotCalls]]:
    """Serve the snapshots of a stand-in beside its gRPC port; yield the class, to tell it what to do wrong."""
    calls = type("Calls", (SnapshotCalls,), {"told": server, "packed": {}})
    with ThreadingHTTPServer((server.host, PORT), calls) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield calls
        finally:
            http.shutdown()
            thread.join()
