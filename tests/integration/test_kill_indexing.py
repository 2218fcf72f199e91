"""Kill an indexing run at random moments: nothing is lost, nothing is there twice.

tests/integration/test_kill_indexing.py - v0.1.0
"""

import multiprocessing
import os
import random
import shutil
import signal
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from seedbed.corpora.document import Document
from seedbed.indexing.ledger import Ledger
from tests.unit.indexing.conftest import Engine

NUM_DOCUMENTS = 120
NUM_KILLS = 20

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.unit.indexing.conftest"])


def corpus(version: int) -> list[Document]:
    """Return two versions that share most documents: some texts change, some go, some come."""
    kept = [Document(id=f"d{i}", text=f"text {i}\nline {i}") for i in range(NUM_DOCUMENTS)]
    if version == 1:
        return kept
    fixed = [Document(id=d.id, text=f"{d.text}, corrected\nnew line") for d in kept]
    changed = [new if i % 5 == 0 else old for i, (old, new) in enumerate(zip(kept, fixed, strict=True))]
    return [d for i, d in enumerate(changed) if i % 7] + [Document(id=f"n{i}", text=f"newcomer {i}") for i in range(20)]


def index(home: Path, version: int, started: Event | None = None) -> None:
    """Bring the index up to date, in this process."""
    with Engine(home, shard_chunks=8).index(*corpus(version)) as opened:
        if started:
            started.set()
        opened.bring_up_to_date()


def kill_after(home: Path, version: int, delay_s: float) -> bool:
    """Start an indexing run, kill it after the delay; return whether it was still at work."""
    started = _processes.Event()
    process = _processes.Process(target=index, args=(home, version, started))
    process.start()
    assert process.pid is not None
    assert started.wait(60)
    time.sleep(delay_s)
    if alive := process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    return alive


def run_through(home: Path, version: int) -> float:
    """Index in a process of its own, undisturbed; return the seconds from the start of its work."""
    started = _processes.Event()
    process = _processes.Process(target=index, args=(home, version, started))
    process.start()
    assert started.wait(60)
    begun = time.perf_counter()
    process.join(120)
    assert process.exitcode == 0
    return time.perf_counter() - begun


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_twenty_random_moments_the_next_run_ends_with_the_content_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    undisturbed, first = tmp_path / "undisturbed", tmp_path / "first"
    duration_s = {1: run_through(undisturbed, 1)}
    shutil.copytree(undisturbed, first)
    duration_s[2] = run_through(undisturbed, 2)
    expected = Engine(undisturbed).content()
    assert len(expected) == sum(len(document.text.split("\n")) for document in corpus(2))

    moments = random.Random(7)
    num_killed_at_work = 0
    for round_ in range(NUM_KILLS):
        home = tmp_path / f"killed-{round_}"
        version = 1 + round_ % 2
        if version == 2:
            shutil.copytree(first, home)
        num_killed_at_work += kill_after(home, version, moments.uniform(0, duration_s[version]))
        run_through(home, 2)
        assert Engine(home).content() == expected
        with Ledger(home / "ledger.db") as ledger:
            collection = ledger.resolve("test")[1]
            assert ledger.count(collection)[1] == len(expected)
            assert Engine(home).open_collection().count() == len(expected)
    assert num_killed_at_work >= NUM_KILLS // 2
