"""See every error of a vendor turned into the world's.

tests/unit/stores/test_faults.py - v0.1.0
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import chromadb.errors
import grpc  # type: ignore[import-untyped]
import httpx
import pytest
from qdrant_client.common import client_exceptions
from qdrant_client.http import exceptions as http_exceptions

from seedbed.errors import UserError, WorldError
from seedbed.stores.adapters import chroma, qdrant
from seedbed.stores.config import StoreConfig
from seedbed.stores.hits import describe
from tests.store_servers import free_port


def errors_of(*modules: object) -> Iterator[type[Exception]]:
    """Yield every exception class that the modules define or export."""
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Exception) and value.__module__ != "builtins":
                yield value


@pytest.mark.parametrize("error", [*errors_of(chromadb.errors, httpx)])
def test_every_error_of_chroma_and_its_wire_is_the_worlds(error: type[Exception]) -> None:
    assert issubclass(error, (*chroma.FAULTS, httpx.CookieConflict))


@pytest.mark.parametrize("error", [*errors_of(client_exceptions, http_exceptions, sqlite3), grpc.RpcError])
def test_every_error_of_qdrant_and_its_wire_is_the_worlds(error: type[Exception]) -> None:
    assert issubclass(error, (*qdrant.FAULTS, sqlite3.Warning))


@pytest.mark.parametrize("store", [chroma.ChromaStore, qdrant.QdrantStore])
def test_a_broken_folder_is_one_line_with_the_folder_and_the_next_command(
    store: type[chroma.ChromaStore | qdrant.QdrantStore], tmp_path: Path
) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    (tmp_path / "meta.json").write_text("no json")
    with pytest.raises(WorldError) as caught:
        store(StoreConfig(), tmp_path).names()
    text = str(caught.value)
    assert str(tmp_path) in text
    assert text.endswith("seedbed doctor")
    assert "\n" not in text


def test_a_fault_of_ours_is_not_dressed_up(tmp_path: Path) -> None:
    store = chroma.ChromaStore(StoreConfig(), tmp_path)
    with pytest.raises(UserError, match="ours"), store._faults():
        raise UserError("ours")
    with pytest.raises(TypeError), store._faults():
        raise TypeError


def test_a_vendors_long_error_becomes_one_short_line() -> None:
    wrapped = http_exceptions.ResponseHandlingException(ValueError("a\nb " + "x" * 1000))
    assert describe(wrapped).startswith("ValueError a b xxx")
    assert len(describe(wrapped)) < 400


def test_what_grpc_says_is_told_and_not_its_page_about_channels() -> None:
    with grpc.insecure_channel(f"127.0.0.1:{free_port()}") as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/qdrant.Qdrant/HealthCheck")(b"", timeout=5)
    told = describe(caught.value)
    assert told.startswith("InactiveRpcError ")
    assert "onnect" in told
    assert "<" not in told
