"""Test that texts which wait are answered together, and that none harms another.

tests/unit/api/test_batcher.py - v0.1.0
"""

import asyncio
import threading

import pytest
from starlette.exceptions import HTTPException

from seedbed.api import batcher
from seedbed.api.batcher import Batcher
from seedbed.api.lane import Lane
from seedbed.api.metrics import Metrics
from seedbed.errors import WorldError
from seedbed.ner.entity import Recognized

pytestmark = pytest.mark.anyio


class Model:
    """Counts the words of a text; waits while it is held; fails on `bad`."""

    def __init__(self):
        self.batches, self.free = [], threading.Event()
        self.free.set()

    def __call__(self, texts):
        self.batches.append(list(texts))
        assert self.free.wait(10)
        if "away" in texts:
            raise WorldError("the model is away")
        if "bad" in texts:
            raise ZeroDivisionError("bad")
        return [Recognized((), len(text.split())) for text in texts]


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def asked(model, metrics):
    lane = Lane("ner", num_threads=1, num_waiting=1, jobs=metrics.jobs)
    yield Batcher(model, lane, metrics)
    model.free.set()
    lane.close()


async def held(model, asked):
    """Keep the model busy with one text; return that request."""
    model.free.clear()
    num_batches = len(model.batches)
    first = asyncio.create_task(asked.answers(["first"]))
    while len(model.batches) == num_batches:
        await asyncio.sleep(0.001)
    return first


async def waiting(asked, *orders):
    """Return requests that wait."""
    tasks = [asyncio.create_task(asked.answers(order)) for order in orders]
    await asyncio.sleep(0)
    return tasks


async def test_an_idle_model_takes_a_text_at_once_and_alone(asked, model):
    assert await asked.answers(["one two"]) == [Recognized((), 2)]
    assert await asked.answers([]) == []
    assert model.batches == [["one two"]]


async def test_what_came_while_it_was_busy_is_one_batch(asked, model, metrics):
    first = await held(model, asked)
    tasks = await waiting(asked, ["a"], ["b b"], ["c c c"])
    assert "seedbed_ner_waiting_texts 3.0" in metrics.exposition().decode()
    model.free.set()
    await first
    assert [[each.num_tokens for each in answers] for answers in await asyncio.gather(*tasks)] == [[1], [2], [3]]
    assert model.batches == [["first"], ["a", "b b", "c c c"]]
    numbers = metrics.exposition().decode()
    assert "seedbed_ner_waiting_texts 0.0" in numbers
    assert "seedbed_ner_batch_texts_sum 4.0" in numbers


async def test_a_long_request_does_not_hold_up_a_short_one(asked, model, monkeypatch):
    monkeypatch.setattr(batcher, "BATCH_TEXTS", 4)
    first = await held(model, asked)
    long, short = await waiting(asked, [f"long {number}" for number in range(6)], ["short"])
    model.free.set()
    await short
    await asyncio.gather(first, long)
    assert model.batches[1] == ["long 0", "short", "long 1", "long 2"]
    assert len(long.result()) == 6


async def test_a_batch_has_no_more_characters_than_its_budget_and_a_long_text_is_alone(asked, model, monkeypatch):
    monkeypatch.setattr(batcher, "MIN_BATCH_CHARS", 10)
    monkeypatch.setattr(batcher, "MAX_BATCH_CHARS", 10)
    first = await held(model, asked)
    tasks = await waiting(asked, ["a" * 6], ["b" * 4], ["c"], ["d" * 50], ["e"])
    model.free.set()
    await asyncio.gather(first, *tasks)
    assert [[text[0] for text in batch] for batch in model.batches[1:]] == [["a", "b"], ["c"], ["d"], ["e"]]


async def test_a_batch_has_what_the_model_does_in_a_moment(asked, model, monkeypatch):
    monkeypatch.setattr(batcher, "MIN_BATCH_CHARS", 10)
    monkeypatch.setattr(batcher, "BATCH_S", 1000)
    for _ in range(50):  # done at once, so it learns that much fits
        await asked.answers(["0123456789"])
    first = await held(model, asked)
    tasks = await waiting(asked, *[["x" * 200]] * 20)
    model.free.set()
    await asyncio.gather(first, *tasks)
    assert len(model.batches[-1]) == 20
    monkeypatch.setattr(batcher, "BATCH_S", 1e-9)
    for _ in range(50):
        await asked.answers(["0123456789"])
    first = await held(model, asked)
    tasks = await waiting(asked, *[["0123"]] * 4)
    model.free.set()
    await asyncio.gather(first, *tasks)
    assert [len(batch) for batch in model.batches[-2:]] == [2, 2]


async def test_a_text_that_fails_fails_alone(asked, model):
    first = await held(model, asked)
    tasks = await waiting(asked, ["a"], ["b", "bad"], ["c"])
    model.free.set()
    await first
    answers = await asyncio.gather(*tasks)
    assert answers[0] == answers[2] == [Recognized((), 1)]
    assert answers[1][0] == Recognized((), 1)
    assert isinstance(answers[1][1], ZeroDivisionError)
    assert await asked.answers(["next"]) == [Recognized((), 1)]


async def test_a_model_that_is_away_is_not_asked_again_and_again(asked, model):
    answers = await asked.answers(["a", "away", "b"])
    assert [type(answer) for answer in answers] == [WorldError] * 3
    assert len(model.batches) == 1


@pytest.mark.parametrize("bound", ["WAITING_TEXTS", "WAITING_CHARS"])
async def test_who_finds_the_queue_full_is_told_to_come_back(asked, model, monkeypatch, bound):
    monkeypatch.setattr(batcher, bound, 2)
    first = await held(model, asked)
    tasks = await waiting(asked, ["a"], ["b"])
    with pytest.raises(HTTPException) as refused:
        await asked.answers(["c"])
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "1"})
    model.free.set()
    await asyncio.gather(first, *tasks)
    assert len(await asked.answers(["longer than all that may wait"])) == 1


async def test_what_nobody_waits_for_is_not_asked_and_keeps_no_place(asked, model, metrics):
    first = await held(model, asked)
    gone, stays = await waiting(asked, ["gone 1", "gone 2"], ["stays"])
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert "seedbed_ner_waiting_texts 1.0" in metrics.exposition().decode()
    model.free.set()
    await asyncio.gather(first, stays)
    assert model.batches == [["first"], ["stays"]]


async def test_everybody_is_answered_whatever_the_order(asked, model):
    orders = [[f"text {number}" + " word" * (number % 7 + position) for position in range(number % 5)]
              for number in range(200)]  # fmt: skip

    async def ask(number):
        await asyncio.sleep(number % 13 / 1000)
        return await asked.answers(orders[number])

    answers = await asyncio.gather(*map(ask, range(200)))
    assert [[each.num_tokens for each in found] for found in answers] == [
        [len(text.split()) for text in order] for order in orders
    ]
    assert len(model.batches) < sum(map(len, orders))
