"""Keep vectors in Chroma, embedded or served.

src/seedbed/stores/adapters/chroma.py - v0.1.0

Chroma merges the payload of an upsert into the old one, draws its graph's levels without a seed, and waits for ever.

```mermaid
classDiagram
    VectorStore <|.. ChromaStore
    Collection <|.. ChromaCollection
    ChromaStore ..> WorldError : raises
```
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import batched
from pathlib import Path
from typing import Any, cast, final
from weakref import finalize

import chromadb
import httpx
import numpy as np
import numpy.typing as npt
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from seedbed.errors import WorldError
from seedbed.stores.address import Address
from seedbed.stores.config import StoreConfig
from seedbed.stores.declaration import check_spec
from seedbed.stores.folder_lock import own_folder
from seedbed.stores.hits import SPARE_HITS, best_first, describe
from seedbed.stores.point import CollectionSpec, Hit, Payload, Points, Value
from seedbed.stores.ports import Collection, VectorStore
from seedbed.stores.validation import check_existing, check_ids, check_points, check_search

FAULTS = (ChromaError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, json.JSONDecodeError)
"""What Chroma and the wire under it raise."""
# Two builds over the same vectors differ: levels are drawn unseeded, `num_threads` is ignored. A wide search makes up
# for it; benchmarks/stores.py measures its recall and time beside a narrow one.
HNSW: CreateHNSWConfiguration = {"space": "cosine", "max_neighbors": 16, "ef_construction": 200, "ef_search": 1000}
_SAME_VECTOR = 1e-7  # twice what Chroma's own normalising moves a component by
_MAX_BATCH_BYTES = 8 << 20
_MAX_HITS_PER_CALL = 30_000  # their ids are variables of one SQL statement, of which SQLite takes 32,766
_LITTLE_ROOM_BYTES = 64 << 20


@final
class ChromaStore(VectorStore):
    """Collections of one Chroma database; connected on first use, closed when the last reference goes."""

    def __init__(self, config: StoreConfig, folder: Path) -> None:
        self._address = Address.of(config) if config.url else None
        self._folder = folder.absolute()
        self._timeout_s = config.timeout_s

    def open(self, spec: CollectionSpec) -> Collection:
        """Return the collection, made if it is not there."""
        check_spec(spec)
        with self._faults():
            try:
                remote = self._client.get_collection(spec.name, embedding_function=None)
            except NotFoundError:
                remote = self._client.create_collection(
                    spec.name,
                    embedding_function=None,
                    configuration={"hnsw": HNSW},
                    metadata=spec.metadata,
                )
            limit = self._client.get_max_batch_size()
        check_existing(spec, remote.metadata)
        return ChromaCollection(self, remote, spec, min(limit, max(1, _MAX_BATCH_BYTES // (4 * spec.dimension))))

    def names(self) -> list[str]:
        """Return the names of all collections, sorted."""
        with self._faults():
            return sorted(remote.name for remote in self._client.list_collections())

    def drop(self, name: str) -> None:
        """Remove a collection; one that is not there is no error."""
        with self._faults(), suppress(NotFoundError):
            self._client.delete_collection(name)

    @cached_property
    def _client(self) -> Client:
        return self._connect(self._address) if self._address else self._embed()

    def _connect(self, address: Address) -> Client:
        # HttpClient asks its first questions without a time limit, so one that has a limit goes first.
        httpx.get(f"{address.url}/api/v2/heartbeat", timeout=self._timeout_s).raise_for_status()
        headers = {"x-chroma-token": address.key} if address.key else None
        port = address.port or (443 if address.https else 80)
        try:
            client = chromadb.HttpClient(address.url, port, address.https, headers, _settings())
        except ValueError as error:  # what it makes of any fault while it connects
            raise ConnectionError(*error.args) from error
        sessions = _sessions(client)
        for session in sessions:
            session.timeout = httpx.Timeout(self._timeout_s)
        finalize(self, _close, client, *(session.close for session in sessions))
        return cast(Client, client)

    def _embed(self) -> Client:
        lock = own_folder(self._folder)
        try:
            client = cast(Client, chromadb.PersistentClient(self._folder, _settings()))
        except BaseException:
            lock.release()
            raise
        finalize(self, _close, client, lock.release)
        return client

    def _refuse_little_room(self) -> None:
        """Refuse to write on a disk that is about full: a write that runs out of room may never return from Chroma."""
        if not self._address and (room := _room(self._folder)):
            raise WorldError(f"chroma at {self._folder} is not written to{room}; free 64 MiB or more, then run again")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        where = self._address.url if self._address else self._folder
        try:
            yield
        except FAULTS as error:
            room = "" if self._address else _room(self._folder)
            raise WorldError(
                f"chroma at {where}: {describe(error)}{room}; see what is reachable: seedbed doctor"
            ) from error


@final
class ChromaCollection(Collection):
    """One Chroma collection, open; keeps its store open."""

    def __init__(self, store: ChromaStore, remote: chromadb.Collection, spec: CollectionSpec, batch_size: int) -> None:
        self._store, self._remote, self._spec, self._batch_size = store, remote, spec, batch_size

    def upsert(self, points: Points) -> None:
        """Add the points, replacing those whose id is there already; any number of points."""
        check_points(points, self._spec)
        for start in range(0, len(points.ids), self._batch_size):
            rows = slice(start, start + self._batch_size)
            self._store._refuse_little_room()
            with self._store._faults():
                self._write(points.ids[rows], points.vectors[rows], points.payloads[rows])

    def settle(self) -> None:
        """Return at once: Chroma's graph is complete when an upsert returns."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove the points; an id that is not there is no error."""
        check_ids(ids)
        with self._store._faults():
            for batch in batched(dict.fromkeys(ids), self._batch_size):
                self._remote.delete(list(batch))

    def count(self, ids: Sequence[str] | None = None) -> int:
        """Return how many points there are, or how many of `ids` there are; exact."""
        check_ids(ids or ())
        with self._store._faults():
            if ids is None:
                return self._remote.count()
            batches = batched(dict.fromkeys(ids), self._batch_size)
            return sum(len(self._remote.get(list(batch), include=[])["ids"]) for batch in batches)

    def scan(self, field: str) -> Iterator[list[tuple[str, Value | None]]]:
        """Yield (id, value of one payload field or None) of every point once, in batches; nobody writes meanwhile."""
        for start in range(0, self.count(), self._batch_size):
            with self._store._faults():
                found: Any = self._remote.get(limit=self._batch_size, offset=start, include=["metadatas"])
            yield [(i, (p or {}).get(field)) for i, p in zip(found["ids"], found["metadatas"], strict=True)]

    def search(
        self, queries: npt.NDArray[np.float32], k: int, where: Mapping[str, Value] | None = None
    ) -> list[list[Hit]]:
        """Return up to `k` hits per query row of (n, d), best first, equal scores ordered by id."""
        check_search(queries, k, where, self._spec)
        step = max(1, _MAX_HITS_PER_CALL // (k + SPARE_HITS))
        with self._store._faults():
            parts = [self._query(queries[row : row + step], k, where) for row in range(0, len(queries), step)]
        return [hits for part in parts for hits in part]

    def _query(self, queries: npt.NDArray[np.float32], k: int, where: Mapping[str, Value] | None) -> list[list[Hit]]:
        found: Any = self._remote.query(
            query_embeddings=np.ascontiguousarray(queries, np.float32),
            n_results=k + SPARE_HITS,
            where=_filter(where or {}),
            include=["distances", "metadatas"],
        )
        rows = zip(found["ids"], found["distances"], found["metadatas"], strict=True)
        return [
            best_first(((i, 1 - d, p or {}) for i, d, p in zip(ids, distances, payloads, strict=True)), k)
            for ids, distances, payloads in rows
        ]

    def _write(self, ids: Sequence[str], vectors: npt.NDArray[np.float32], payloads: Sequence[Payload]) -> None:
        """Write what differs from what is there: replacing a vector in the graph costs several times adding one.

        benchmarks/stores.py measures both.
        """
        found: Any = self._remote.get(list(ids), include=["embeddings", "metadatas"])
        there = dict(zip(found["ids"], zip(found["embeddings"], found["metadatas"], strict=True), strict=True))
        changed: list[int] = []
        relabelled: list[int] = []
        written: dict[int, Any] = {}
        for row, (point_id, payload) in enumerate(zip(ids, payloads, strict=True)):
            vector, old = there.get(point_id, (None, None))
            written[row] = {**dict.fromkeys(old or ()), **payload} or None  # None removes a field
            if vector is None or not np.allclose(vector, vectors[row], rtol=0, atol=_SAME_VECTOR):
                changed.append(row)
            elif _typed(payload) != _typed(old or {}):
                relabelled.append(row)
        if changed:
            rows = np.ascontiguousarray(vectors[changed], np.float32)
            self._remote.upsert([ids[row] for row in changed], rows, [written[row] for row in changed])
        if relabelled:
            kept = [written[row] for row in relabelled]
            self._remote.update([ids[row] for row in relabelled], metadatas=kept)


def _typed(payload: Payload) -> str:
    return repr(sorted(payload.items()))  # True, 1 and 1.0 are equal, and three things to a store


def _filter(where: Mapping[str, Value]) -> Any:
    """Return Chroma's filter for equality in every field, which needs `$and` from two on."""
    terms = [{name: {"$eq": value}} for name, value in where.items()]
    return {"$and": terms} if len(terms) > 1 else next(iter(terms), None)


def _room(folder: Path) -> str:
    """Return a hint where the disk is about full: Chroma does not say so."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    return f" (the disk has {free >> 20} MiB left)" if free < _LITTLE_ROOM_BYTES else ""


def _settings() -> Settings:
    return Settings(_env_file=None, anonymized_telemetry=False)


def _sessions(client: Any) -> list[httpx.Client]:
    # Neither has a public time limit, nor does closing the client close them (chromadb 1.5.9).
    return [part._server._session for part in (client, client._admin_client)]


def _close(client: Any, *releases: Callable[[], None]) -> None:
    client.close()
    for release in releases:
        release()
