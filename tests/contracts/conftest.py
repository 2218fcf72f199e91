"""Give the contract suites a ledger on SQLite and one on PostgreSQL.

tests/contracts/conftest.py - v0.1.0
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from seedbed.indexing.chunks import Chunk
from seedbed.indexing.ledger import Ledger
from tests.postgres_server import PostgresServer, postgres_server

type Place = Path | SecretStr

COLLECTION = "docs--00000001"


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return tmp_path / "ledger.db"
    return request.getfixturevalue("server").new_database()


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    with Ledger(place) as opened:
        yield opened


def chunk(point_id: str, document_id: str = "a", digest: str = "1", key: str = "k") -> Chunk:
    return Chunk(
        point_id=point_id, document_id=document_id, text=digest, vector_key=key, content_digest=digest, payload={}
    )
