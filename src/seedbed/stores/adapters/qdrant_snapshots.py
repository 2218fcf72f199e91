"""Take collections out of a Qdrant server as files, and put them back.

src/seedbed/stores/adapters/qdrant_snapshots.py - v0.1.0

By REST, because files travel only there. A snapshot holds what one node has: a cluster of several is refused.

```mermaid
classDiagram
    QdrantSnapshots ..> Address : asks
    QdrantSnapshots ..> WorldError : raises
```
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, final
from urllib.parse import quote

import httpx

from seedbed.errors import WorldError
from seedbed.stores.address import Address
from seedbed.stores.config import StoreConfig
from seedbed.stores.hits import describe

_LONGEST_S = 3600.0  # a large collection is packed before the answer begins


@final
class QdrantSnapshots:
    """The snapshots of one server's collections."""

    def __init__(self, config: StoreConfig) -> None:
        self._address = Address.of(config)
        self._timeout = httpx.Timeout(config.timeout_s, read=_LONGEST_S, write=_LONGEST_S)

    def save(self, collections: Sequence[str], folder: Path) -> Iterator[tuple[str, Path]]:
        """Yield (collection, file) of those that the server has; each snapshot is removed from the server again.

        Raises:
            WorldError: the server is away, refuses, has several nodes, or sends something else than it packed.
        """
        with self._client() as client:
            nodes = _answer(client.get("/cluster")).get("peers") or ()
            if len(nodes) > 1:
                raise WorldError(
                    f"qdrant at {self._address.url} has {len(nodes)} nodes, and a snapshot holds one of them"
                )
            for name in collections:
                path = f"/collections/{name}"
                if _answer(client.get(f"{path}/exists"))["exists"]:
                    made = _answer(client.post(f"{path}/snapshots", params={"wait": "true"}))
                    file = folder / f"{name}.snapshot"
                    try:
                        self._download(client, f"{path}/snapshots/{made['name']}", file, made.get("checksum"))
                    finally:
                        client.delete(f"{path}/snapshots/{made['name']}")
                    yield name, file

    def load(self, collection: str, file: Path, replace: bool) -> bool:
        """Make the collection what it was; one that is there stays as it is without `replace`. Return whether it did.

        Raises:
            WorldError: the server is away or refuses.
        """
        path = f"/collections/{quote(collection, safe='')}"  # named by an archive, which may come from anywhere
        with self._client() as client, file.open("rb") as content:
            if not replace and _answer(client.get(f"{path}/exists"))["exists"]:
                return False
            _answer(
                client.post(
                    f"{path}/snapshots/upload",
                    params={"wait": "true", "priority": "snapshot"},
                    files={"snapshot": (file.name, content)},
                )
            )
            return True

    def _download(self, client: httpx.Client, path: str, file: Path, checksum: str | None) -> None:
        state = sha256()
        with client.stream("GET", path) as answer, file.open("wb") as target:
            answer.raise_for_status()
            for block in answer.iter_bytes():
                state.update(block)
                target.write(block)
        if checksum and state.hexdigest() != checksum:
            raise WorldError(
                f"qdrant at {self._address.url} sent {path} with another sha256 than it packed; start again"
            )

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        headers = {"api-key": self._address.key} if self._address.key else None
        try:
            with httpx.Client(base_url=self._address.url, headers=headers, timeout=self._timeout) as client:
                yield client
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
            raise WorldError(f"qdrant at {self._address.url}: {describe(error)}") from error


def _answer(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    result = response.json()["result"]
    return result if isinstance(result, dict) else {}
