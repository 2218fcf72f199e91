"""Hold every vector store to the contract that plug-ins are held to.

tests/contracts/test_vector_store.py - v0.1.0
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed.stores.adapters.chroma import ChromaStore
from seedbed.stores.adapters.qdrant import QdrantStore
from seedbed.stores.config import StoreConfig
from seedbed.stores.point import Payload, Value
from seedbed.stores.ports import Collection, VectorStore
from seedbed.testing.points import EAST, at
from seedbed.testing.stores import Opener, StoreContract
from tests.qdrant_server import qdrant_stand_in
from tests.store_servers import chroma_server

QDRANT_URL = "SEEDBED_TEST_QDRANT_URL"


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("chroma-server")) as url:
        yield url


@pytest.fixture(scope="module")
def stand_in_url() -> Iterator[str]:
    with qdrant_stand_in() as server:
        yield server.url


@pytest.fixture(scope="module")
def server_url() -> str:
    if url := os.environ.get(QDRANT_URL):
        return url
    pytest.skip(f"no Qdrant server: name one in {QDRANT_URL}=http://127.0.0.1:6333")


class BuiltIn(StoreContract):
    """What every built-in store does, over whatever it is reached."""

    adapter: type[ChromaStore | QdrantStore]

    @pytest.fixture
    def opener(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
        url = request.getfixturevalue(request.param) if request.param.endswith("_url") else None
        kind = "chroma" if self.adapter is ChromaStore else "qdrant"

        def open_store() -> VectorStore:
            return self.adapter(StoreConfig(kind=kind, url=url), tmp_path / "store")

        yield open_store
        if url:
            store = open_store()
            for name in store.names():
                store.drop(name)

    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        text=st.text(st.characters(codec="utf-8"), max_size=50),
        value=st.integers(-(2**63), 2**63 - 1) | st.booleans(),
    )
    def test_any_text_and_scalar_survives(self, collection: Collection, text: str, value: Value) -> None:
        payload: Payload = {"title": text, "meta_value": value}
        collection.upsert(replace(at(EAST), payloads=[payload]))
        [[hit]] = collection.search(EAST[None], 1)
        assert hit.payload == payload
        assert type(hit.payload["meta_value"]) is type(value)


@pytest.mark.parametrize("opener", ["embedded", "chroma_url"], indirect=True)
class TestChroma(BuiltIn):
    adapter = ChromaStore
    num_many, num_batches = 6000, 2  # it takes 5,461 here
    num_clustered = 1500


@pytest.mark.parametrize("opener", ["embedded", "stand_in_url", "server_url"], indirect=True)
class TestQdrant(BuiltIn):
    adapter = QdrantStore  # sends 256 at once; local mode is exact, and syncs the disk per point
    num_batches = 1
