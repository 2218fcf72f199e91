"""Keep vectors in Qdrant, served or in its local mode.

src/seedbed/stores/adapters/qdrant.py - v0.1.0

The local mode holds everything in memory, searches exactly and warns past 20,000 points: for tests and trials.

```mermaid
classDiagram
    VectorStore <|.. QdrantStore
    Collection <|.. QdrantCollection
    QdrantStore ..> WorldError : raises
```
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from itertools import batched
from math import ceil
from pathlib import Path
from typing import Any, cast, final
from weakref import finalize

import grpc  # type: ignore[import-untyped]
import httpx
import numpy as np
import numpy.typing as npt
from filelock import FileLock
from qdrant_client import QdrantClient
from qdrant_client import models as q
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from seedbed.errors import WorldError
from seedbed.stores.adapters.qdrant_building import DEFERRED, finish_building
from seedbed.stores.adapters.qdrant_layout import creation, payload_index, search_params
from seedbed.stores.address import Address
from seedbed.stores.config import StoreConfig
from seedbed.stores.declaration import check_field, check_spec, declarations
from seedbed.stores.folder_lock import own_folder
from seedbed.stores.hits import SPARE_HITS, best_first, describe
from seedbed.stores.point import CollectionSpec, Hit, Points, Value
from seedbed.stores.ports import Collection, VectorStore
from seedbed.stores.validation import check_existing, check_ids, check_points, check_search

FAULTS = (ApiException, QdrantException, grpc.RpcError, httpx.HTTPError, OSError, sqlite3.Error, RuntimeError)
"""What Qdrant and the wire under it raise; RuntimeError is its local mode's."""
_REST_PORT = 6333
_BATCH_SIZE = 256
_BATCH_BYTES = 8 << 20  # a server takes 32 MiB in one request, unless it was told otherwise
_NUMBER_BYTES = 20  # of a vector, as JSON; less by gRPC
_SCAN_SIZE = 5_000
_EF_SEARCH = 512
_MAX_HITS_PER_CALL = 100_000


@final
class QdrantStore(VectorStore):
    """Collections of one Qdrant; connected on first use, closed when the last reference goes."""

    def __init__(self, config: StoreConfig, folder: Path) -> None:
        self._address = Address.of(config) if config.url else None
        self._folder = folder.absolute()
        self._timeout_s = config.timeout_s

    def open(self, spec: CollectionSpec) -> Collection:
        """Return the collection, made if it is not there."""
        check_spec(spec)
        with self._faults():
            if not self._client.collection_exists(spec.name):
                self._create(spec)
            info = self._client.get_collection(spec.name)
            check_existing(spec, info.config.metadata)
            self._index_payloads(spec, info.payload_schema)
        return QdrantCollection(self, self._client, spec, exact=self._address is None)

    def names(self) -> list[str]:
        """Return the names of all collections, sorted."""
        with self._faults():
            return sorted(found.name for found in self._client.get_collections().collections)

    def drop(self, name: str) -> None:
        """Remove a collection; one that is not there is no error."""
        with self._faults():
            if self._client.collection_exists(name):
                if not self._address:  # Deleting leaves the local mode's database open (qdrant-client 1.20).
                    cast(Any, self._client)._client.collections[name].close()
                self._client.delete_collection(name)

    def _create(self, spec: CollectionSpec) -> None:
        self._client.create_collection(
            spec.name,
            **creation(declarations()[spec.family].layout, spec.dimension),
            optimizers_config=q.OptimizersConfigDiff(indexing_threshold=DEFERRED),
            metadata=spec.metadata,
        )

    def _index_payloads(self, spec: CollectionSpec, there: Mapping[str, object]) -> None:
        """Make the payload indexes that are not there, before the first upload; the local mode has none."""
        layout = declarations()[spec.family].layout
        fields = {*spec.indexed_fields, *filter(None, [layout.tenant_field])}
        for name in sorted(fields) if self._address else ():
            if _quoted(name) not in there:
                kind = payload_index(layout, name, check_field(spec, name).type)
                self._client.create_payload_index(spec.name, _quoted(name), kind, wait=True)

    @cached_property
    def _client(self) -> QdrantClient:
        return self._connect(self._address) if self._address else self._embed()

    def _connect(self, address: Address) -> QdrantClient:
        client = QdrantClient(
            address.url,
            port=address.port or (443 if address.https else 80),
            # gRPC sends vectors as bytes, not as text; a port that is not Qdrant's own belongs to a proxy or a mapping.
            prefer_grpc=address.port == _REST_PORT,
            api_key=address.key,
            timeout=ceil(self._timeout_s),
            check_compatibility=False,
        )
        finalize(self, client.close)
        return client

    def _embed(self) -> QdrantClient:
        lock = own_folder(self._folder)
        with ExitStack() as undo:
            undo.callback(lock.release)
            try:
                client = QdrantClient(path=str(self._folder), force_disable_check_same_thread=True)
            except ValueError as error:  # what it makes of files it cannot read
                raise RuntimeError(*error.args) from error
            undo.pop_all()
        finalize(self, _close, client, lock)
        return client

    @contextmanager
    def _faults(self) -> Iterator[None]:
        where = self._address.url if self._address else self._folder
        try:
            yield
        except FAULTS as error:
            raise WorldError(f"qdrant at {where}: {describe(error)}; see what is reachable: seedbed doctor") from error


@final
class QdrantCollection(Collection):
    """One Qdrant collection, open; keeps its store open."""

    def __init__(self, store: QdrantStore, client: QdrantClient, spec: CollectionSpec, *, exact: bool) -> None:
        self._store, self._client, self._spec, self._exact = store, client, spec, exact

    def upsert(self, points: Points) -> None:
        """Add the points, replacing those whose id is there already; any number of points."""
        check_points(points, self._spec)
        with self._store._faults():
            for rows in _batches(points):
                batch = q.Batch(
                    ids=list(points.ids[rows]),
                    vectors=points.vectors[rows].tolist(),
                    payloads=list(points.payloads[rows]),
                )
                self._client.upsert(self._spec.name, batch, wait=True)

    def settle(self) -> None:
        """Return once the index is built; a new collection is filled without one."""
        with self._store._faults():
            finish_building(self._client, self._spec.name)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove the points; an id that is not there is no error."""
        check_ids(ids)
        with self._store._faults():
            for batch in batched(dict.fromkeys(ids), _BATCH_SIZE):
                self._client.delete(self._spec.name, q.PointIdsList(points=list(batch)), wait=True)

    def count(self, ids: Sequence[str] | None = None) -> int:
        """Return how many points there are, or how many of `ids` there are; exact."""
        check_ids(ids or ())
        with self._store._faults():
            if ids is None:
                return self._client.count(self._spec.name, exact=True).count
            batches = batched(dict.fromkeys(ids), _BATCH_SIZE)
            return sum(
                len(self._client.retrieve(self._spec.name, list(batch), with_payload=False)) for batch in batches
            )

    def scan(self, field: str) -> Iterator[list[tuple[str, Value | None]]]:
        """Yield (id, value of one payload field or None) of every point once, in batches; nobody writes meanwhile."""
        offset = None
        while True:
            with self._store._faults():
                found, offset = self._client.scroll(
                    self._spec.name, limit=_SCAN_SIZE, offset=offset, with_payload=[_quoted(field)]
                )
            if found:
                yield [(str(point.id), (point.payload or {}).get(field)) for point in found]
            if offset is None:
                return

    def search(
        self, queries: npt.NDArray[np.float32], k: int, where: Mapping[str, Value] | None = None
    ) -> list[list[Hit]]:
        """Return up to `k` hits per query row of (n, d), best first, equal scores ordered by id."""
        check_search(queries, k, where, self._spec)
        step = max(1, _MAX_HITS_PER_CALL // k)
        with self._store._faults():
            parts = [self._query(queries[row : row + step], k, where) for row in range(0, len(queries), step)]
        return [hits for part in parts for hits in part]

    def _query(self, queries: npt.NDArray[np.float32], k: int, where: Mapping[str, Value] | None) -> list[list[Hit]]:
        limit = k + SPARE_HITS
        # The local mode is exact whatever is asked, and warns when it is.
        layout = declarations()[self._spec.family].layout
        params = None if self._exact else search_params(layout, max(_EF_SEARCH, limit))
        requests = [
            q.QueryRequest(
                query=query.tolist(),
                limit=limit,
                filter=q.Filter(must=[_condition(*term) for term in where.items()]) if where else None,
                params=params,
                with_payload=True,
            )
            for query in queries
        ]
        answers = self._client.query_batch_points(self._spec.name, requests)
        return [best_first(((str(p.id), p.score, p.payload or {}) for p in answer.points), k) for answer in answers]


def _batches(points: Points) -> Iterator[slice]:
    """Yield rows that fit into one request: at most _BATCH_SIZE, and _BATCH_BYTES unless one alone has more."""
    vector_bytes = _NUMBER_BYTES * points.vectors.shape[1]
    start = num_bytes = 0
    for row, payload in enumerate(points.payloads):
        size = vector_bytes + len(json.dumps(payload, ensure_ascii=False).encode())
        if row - start == _BATCH_SIZE or (row > start and num_bytes + size > _BATCH_BYTES):
            yield slice(start, row)
            start, num_bytes = row, 0
        num_bytes += size
    if start < len(points.payloads):
        yield slice(start, len(points.payloads))


def _condition(name: str, value: Value) -> q.FieldCondition:
    """Return the condition for equality; floats have no match condition, so they become a range of one point."""
    if isinstance(value, float):
        return q.FieldCondition(key=_quoted(name), range=q.Range(gte=value, lte=value))
    return q.FieldCondition(key=_quoted(name), match=q.MatchValue(value=value))


def _quoted(name: str) -> str:
    """Return the payload field as a path of one step: a dot or bracket in a bare name would mean a nested field."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'


def _close(client: QdrantClient, lock: FileLock) -> None:
    client.close()
    lock.release()
