"""Test that blocking work is bounded.

tests/unit/api/test_lane.py - v0.1.0
"""

import asyncio
import threading

import pytest
from starlette.exceptions import HTTPException

from seedbed.api.lane import Lane
from seedbed.api.metrics import Metrics

pytestmark = pytest.mark.anyio


@pytest.fixture
def lane():
    lane = Lane("model", num_threads=1, num_waiting=1, jobs=Metrics().jobs)
    yield lane
    lane.close()


async def test_what_finds_the_queue_full_is_told_to_come_back(lane):
    free = threading.Event()
    jobs = [asyncio.create_task(lane.run(free.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(HTTPException) as refused:
        await lane.run(free.wait)
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "1"})
    free.set()
    assert await asyncio.gather(*jobs) == [True, True]
    assert await lane.run(lambda: 7) == 7


async def test_work_that_nobody_waits_for_any_more_keeps_its_place_until_it_ends(lane):
    free, left = threading.Event(), threading.Event()

    def work():
        free.wait(5)
        left.set()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lane.run(work), 0.05)
    waiting = asyncio.create_task(lane.run(lambda: 1))
    await asyncio.sleep(0)
    with pytest.raises(HTTPException):
        await lane.run(lambda: 2)
    free.set()
    assert await waiting == 1
    assert left.is_set()
