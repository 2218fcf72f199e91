"""See stores survive kills, other processes, and servers that are away.

tests/integration/test_store_servers.py - v0.1.0
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from seedbed.errors import WorldError
from seedbed.stores.adapters.chroma import ChromaStore
from seedbed.stores.adapters.qdrant import QdrantStore
from seedbed.stores.config import StoreConfig
from seedbed.stores.folder_lock import own_folder
from seedbed.stores.point import CollectionSpec, Points
from seedbed.stores.ports import VectorStore
from tests.store_servers import chroma_server, free_port

SPEC = CollectionSpec("docs--0123abcd", 16)
WRITER = """
import sys, uuid, numpy as np
from pathlib import Path
from seedbed.stores.adapters.chroma import ChromaStore
from seedbed.stores.config import StoreConfig
from seedbed.stores.point import CollectionSpec, Points
collection = ChromaStore(StoreConfig(), Path(sys.argv[1])).open(CollectionSpec("docs--0123abcd", 16))
vectors = np.random.default_rng(0).normal(size=(20_000, 16)).astype("float32")
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
for start in range(0, 20_000, 200):
    rows = range(start, start + 200)
    ids = [str(uuid.UUID(int=i)) for i in rows]
    collection.upsert(Points(ids, vectors[start : start + 200], [{"position": i} for i in rows]))
    print(start + 200, flush=True)
"""


@contextmanager
def writing(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that writes 200 points at a time and prints how many it has been told are kept."""
    with subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for _ in range(3):
        with writing(tmp_path) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(int(rng.integers(1, 15)))]
            time.sleep(float(rng.uniform(0, 0.1)))
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
            process.wait()
        kept = int(lines[-1])
        collection = ChromaStore(StoreConfig(), tmp_path).open(SPEC)
        assert collection.count() >= kept
        vectors = np.random.default_rng(0).normal(size=(20_000, 16)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        rows = [0, kept // 2, kept - 1]
        found = collection.search(vectors[rows], 1)
        assert [(hit.payload["position"], hit.score) for [hit] in found] == [(row, 1.0) for row in rows]
        del collection


@pytest.mark.slow
def test_a_second_process_is_told_who_has_the_folder(tmp_path: Path) -> None:
    with writing(tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        start = time.monotonic()
        with pytest.raises(WorldError, match=rf"in use by process {process.pid}; .*SEEDBED_STORE__URL"):
            ChromaStore(StoreConfig(), tmp_path).names()
        assert 4 < time.monotonic() - start < 10
    assert ChromaStore(StoreConfig(), tmp_path).names() == [SPEC.name]


def test_a_folder_is_free_once_the_last_reference_is_gone(tmp_path: Path) -> None:
    for store_class in (ChromaStore, QdrantStore):
        folder = tmp_path / store_class.__name__
        collection = store_class(StoreConfig(), folder).open(SPEC)
        assert not other_process_can_own(folder)
        del collection
        assert other_process_can_own(folder)


def other_process_can_own(folder: Path) -> bool:
    code = "import sys, pathlib, seedbed.stores.folder_lock as f; f.own_folder(pathlib.Path(sys.argv[1]), 0.1)"
    return subprocess.run([sys.executable, "-c", code, folder], capture_output=True, check=False).returncode == 0


def test_two_stores_of_one_process_share_a_chroma_folder(tmp_path: Path) -> None:
    first, second = (ChromaStore(StoreConfig(), tmp_path).open(SPEC) for _ in range(2))
    first.upsert(Points(["00000000-0000-0000-0000-000000000001"], np.eye(1, 16, dtype=np.float32), [{}]))
    assert second.count() == 1
    del first
    assert second.count() == 1
    assert not other_process_can_own(tmp_path)


def test_many_questions_may_ask_chroma_for_more_hits_than_sqlite_takes_variables(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(900, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    collection = ChromaStore(StoreConfig(), tmp_path).open(SPEC)
    collection.upsert(Points([f"00000000-0000-0000-0000-{number:012}" for number in range(900)], vectors, [{}] * 900))
    assert {len(hits) for hits in collection.search(vectors[:40], 900)} == {900}


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorldError, match=r"cannot be used: .*seedbed doctor"):
        own_folder(tmp_path / "file" / "chroma")


STORES: dict[str, Callable[[StoreConfig, Path], VectorStore]] = {"chroma": ChromaStore, "qdrant": QdrantStore}


@pytest.mark.parametrize("kind", STORES)
def test_a_server_that_is_away_is_named_with_the_next_command(kind: str, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(WorldError, match=f"^{kind} at {url}: .*: seedbed doctor$"):
        STORES[kind](StoreConfig(url=url, timeout_s=2), tmp_path).open(SPEC)


@pytest.mark.parametrize("kind", STORES)
def test_a_server_that_never_answers_is_given_up_in_time(kind: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(WorldError, match="Timeout"):
            STORES[kind](StoreConfig(url=url, timeout_s=1), tmp_path).names()
        assert time.monotonic() - start < 4


@pytest.mark.slow
def test_a_chroma_server_that_dies_is_reported_and_its_successor_is_used(tmp_path: Path) -> None:
    point = Points(["00000000-0000-0000-0000-000000000001"], np.eye(1, 16, dtype=np.float32), [{}])
    with chroma_server(tmp_path / "served") as url:
        collection = ChromaStore(StoreConfig(url=url), tmp_path).open(SPEC)
        collection.upsert(point)
    with pytest.raises(WorldError, match=rf"chroma at {url}: "):
        collection.upsert(point)
    with chroma_server(tmp_path / "served", port=int(url.rsplit(":", 1)[1])):
        assert collection.count() == 1
