"""Hold whoever embeds shards to the same promises: a thread, processes, a Ray cluster of two nodes.

tests/contracts/test_workers.py - v0.1.0
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from ray.cluster_utils import Cluster

from seedbed.corpora.document import Document
from seedbed.errors import UserError, WorldError
from seedbed.indexing.adapters.ray import RayWorkers
from seedbed.indexing.encode import Encoded
from seedbed.indexing.processes import ProcessWorkers
from seedbed.indexing.vector_file import read_vectors
from seedbed.indexing.worker import Task
from seedbed.indexing.workers import ThreadWorker, Workers
from seedbed.settings import load_settings
from seedbed.wiring import index_config, open_index
from tests.unit.indexing.conftest import Engine
from tests.unit.indexing.doubles import HashEmbedder
from tests.unit.indexing.worker_doubles import of_model, poisoned, slow

type Start = Callable[..., AbstractContextManager[Workers]]

MANY = [Document(id=f"d{i:03}", text=f"text {i}\nline {i}\nsame for all") for i in range(60)]
TEXTS = {"k1": "one", "k2": "two words", "k3": "a b c d e f g h i j"}


def task(folder: Path, make: Callable[[int], Any] = poisoned) -> Task:
    return Task(make, HashEmbedder().fingerprint(), folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Two nodes on this machine; the last test kills the second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        node = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
        running = Cluster(initialize_head=True, head_node_args=node)
        running.add_node(num_cpus=1, object_store_memory=80 << 20)
        ray.init(address=running.address, configure_logging=False, log_to_driver=False)
        yield running
        ray.shutdown()
        running.shutdown()


@pytest.fixture(params=["thread", "processes", pytest.param("ray", marks=pytest.mark.slow)])
def start(request: pytest.FixtureRequest) -> Start:
    if request.param == "thread":
        return lambda task: nullcontext(ThreadWorker(task.make_embedder(1), task.folder))
    if request.param == "processes":
        return lambda task: ProcessWorkers(task, 2)
    request.getfixturevalue("cluster")
    return lambda task: RayWorkers(task, 2)


def node_of(_: object) -> str:
    return str(ray.get_runtime_context().get_node_id())


def vectors_of(encoded: Encoded, folder: Path) -> dict[str, Any]:
    assert encoded.file is not None
    rows = read_vectors(folder / encoded.file, {key: row for row, key in enumerate(encoded.keys)})
    return dict(zip(encoded.keys, rows, strict=True))


def test_a_shard_becomes_a_file_whose_rows_are_what_the_model_says(start: Start, tmp_path: Path) -> None:
    with start(task(tmp_path)) as workers:
        encoded = workers.submit(TEXTS).result(60)
    found = vectors_of(encoded, tmp_path)
    expected = HashEmbedder().embed(list(TEXTS.values()))
    assert np.array_equal(np.stack([found[key] for key in TEXTS]), expected.vectors)
    assert (encoded.keys, encoded.truncated, encoded.failures) == (list(TEXTS), [False, False, True], [])


def test_a_bad_text_costs_no_other_its_vector_and_comes_back_with_the_reason(start: Start, tmp_path: Path) -> None:
    with start(task(tmp_path)) as workers:
        encoded = workers.submit({"k1": "one", "k2": "bad", "k3": "three"}).result(60)
        nothing = workers.submit({"k2": "bad"}).result(60)
    assert encoded.keys == ["k1", "k3"]
    assert encoded.failures == [("k2", "RuntimeError: the model choked")]
    assert (nothing.file, nothing.keys) == (None, [])


def test_many_shards_at_once_all_come_back_as_their_own(start: Start, tmp_path: Path) -> None:
    with start(task(tmp_path)) as workers:
        futures = [workers.submit({f"k{number}": f"text {number}"}) for number in range(12)]
        assert [future.result(60).keys for future in futures] == [[f"k{number}"] for number in range(12)]


def test_the_worlds_fault_stays_one(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with start(task(tmp_path / "file")) as workers, pytest.raises(WorldError, match="cannot write vectors to"):
        workers.submit(TEXTS).result(60)


def test_what_has_not_begun_can_be_given_up_and_all_ends(start: Start, tmp_path: Path) -> None:
    with start(task(tmp_path, partial(slow, 0.2))) as workers:
        futures: list[Future[Encoded]] = [workers.submit({f"k{number}": f"text {number}"}) for number in range(8)]
        for future in reversed(futures):
            future.cancel()
        deadline = time.monotonic() + 30
        while not all(future.done() for future in futures):
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.parametrize("kind", ["processes", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_worker_that_would_make_other_vectors_is_refused(
    request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> None:
    if kind == "ray":
        request.getfixturevalue("cluster")
    other = task(tmp_path, partial(of_model, "other"))
    said = r"would make vectors with other .* the index is made with hash"
    with (
        RayWorkers(other, 1) if kind == "ray" else ProcessWorkers(other, 1) as workers,
        pytest.raises(UserError, match=said),
    ):
        workers.submit(TEXTS).result(60)


def test_a_process_that_is_killed_is_named_and_the_next_shard_gets_a_new_one(tmp_path: Path) -> None:
    with ProcessWorkers(task(tmp_path, partial(slow, 0.0)), 2) as workers:
        assert workers.submit({"k1": "one"}).result(60).keys == ["k1"]
        with pytest.raises(WorldError, match=r"one of 2 worker processes died.*NUM_WORKERS=1"):
            workers.submit({"k2": "deadly"}).result(60)
        assert workers.submit({"k3": "three"}).result(60).keys == ["k3"]


@pytest.mark.slow
def test_a_text_that_ends_every_process_ends_the_shard_and_not_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    with (
        RayWorkers(task(tmp_path, partial(slow, 0.0)), 1) as workers,
        pytest.raises(WorldError, match=r"ray: .*ray status"),
    ):
        workers.submit({"k2": "deadly"}).result(90)


def test_processes_fill_the_store_as_one_thread_does(tmp_path: Path) -> None:
    alone, together = Engine(tmp_path / "alone", shard_chunks=16), Engine(tmp_path / "together", shard_chunks=16)
    with alone.index(*MANY) as index:
        expected = index.bring_up_to_date()
    with (
        ProcessWorkers(task(tmp_path / "together" / "vectors"), 2) as workers,
        together.index(*MANY, workers=workers) as index,
    ):
        report = index.bring_up_to_date()
    assert together.content() == alone.content()
    assert (report.num_chunks, report.num_embedded) == (expected.num_chunks, expected.num_embedded)


@pytest.mark.slow
def test_settings_choose_the_workers_and_the_real_encoder_gives_the_same_vectors(cluster: Cluster, home: Path) -> None:
    corpus = home.parent / "corpus"
    corpus.mkdir()
    for number in range(6):
        (corpus / f"{number}.txt").write_text(f"text number {number}")
    found = {}
    for kind in ("thread", "ray"):
        given = {
            "home": str(home / kind),
            "corpus.kind": "folder",
            "corpus.path": str(corpus),
            "indexing.workers": kind,
        }
        settings = load_settings({}, home.parent, given)
        with open_index(index_config(settings), settings.home) as index:
            index.bring_up_to_date()
            found[kind] = {hit.payload["text"]: hit.score for hit in index.search(["number 3"], 6)[0]}
    assert found["ray"] == pytest.approx(found["thread"], abs=1e-5)


@pytest.mark.slow
def test_a_cluster_that_loses_a_node_in_the_middle_fills_the_store_as_one_process_does(
    cluster: Cluster, tmp_path: Path
) -> None:
    alone, together = Engine(tmp_path / "alone", shard_chunks=8), Engine(tmp_path / "together", shard_chunks=8)
    with alone.index(*MANY) as index:
        expected = index.bring_up_to_date()
    doomed = next(node for node in cluster.list_all_nodes() if node is not cluster.head_node)
    with ExitStack() as stack:
        workers = stack.enter_context(RayWorkers(task(tmp_path / "together" / "vectors", partial(slow, 0.1)), 2))
        assert len({ray.get(one.__ray_call__.remote(node_of)) for one in workers._actors}) == 2
        index = stack.enter_context(together.index(*MANY, workers=workers))
        num_shards = 0

        def kills(shard: Any) -> Any:
            nonlocal num_shards
            num_shards += 1
            if num_shards == 2:
                cluster.remove_node(doomed, allow_graceful=False)
            return index.run_shard(shard)

        report = index.bring_up_to_date(run_shard=kills)
    assert together.content() == alone.content()
    assert (report.num_chunks, report.num_embedded) == (expected.num_chunks, expected.num_embedded)
    assert report.num_rejected == 0
