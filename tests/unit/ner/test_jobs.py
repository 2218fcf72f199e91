"""Test that jobs are kept, done once, and shown to whoever asked for them.

tests/unit/ner/test_jobs.py - v0.1.0
"""

import json
import os
import stat
import time
from dataclasses import replace

import pytest

from pipelines.recognize_entities import recognize_entities
from seedbed.errors import WorldError
from seedbed.missing import MissingError
from seedbed.ner.answers import EVERYTHING, Filter
from seedbed.ner.jobs import KEPT_S, MAX_OPEN, OPEN_S, Jobs, TooManyJobsError
from tests.unit.api.capitals import IDENTITY, Capitals

ITEMS = [(f"n{number}", "Oslo Paris" if number % 3 else None) for number in range(600)]


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path)


def test_every_item_has_its_answer_in_order(jobs):
    job = jobs.create("ada", ITEMS, Filter(allow_list=frozenset({"Paris"})))
    assert jobs.num_done(job) == 0
    assert jobs.work(jobs.get(job.id, "ada"), Capitals()) == 200
    results = [json.loads(line) for line in jobs.result(job).read_text().splitlines()]
    assert [result["id"] for result in results] == [item_id for item_id, _ in ITEMS]
    assert {entity["text"] for result in results for entity in result["entities"] or []} == {"Oslo"}
    assert jobs.num_done(job) == 600


def test_a_job_says_which_model_worked_on_it_last(jobs, tmp_path):
    job = jobs.create("ada", ITEMS[:3], EVERYTHING)
    assert jobs.model(job) is None
    jobs.work(job, Capitals(replace(IDENTITY, digest="e" * 32)))
    assert jobs.model(job) == replace(IDENTITY, digest="e" * 32)
    (tmp_path / "jobs" / "ner" / job.id / "model.json").write_text("{")
    assert jobs.model(job) is None


def test_a_job_that_is_done_is_not_done_again_and_keeps_no_texts(jobs, tmp_path):
    job = jobs.create("ada", ITEMS[:3], EVERYTHING)
    jobs.work(job, Capitals())
    assert [path.name for path in tmp_path.rglob("*.jsonl")] == ["result.jsonl"]
    assert jobs.work(job, None) == 0


def test_a_job_that_was_interrupted_is_done_from_the_beginning(jobs):
    job = jobs.create("ada", ITEMS, EVERYTHING)

    class Away(Capitals):
        num_calls = 0

        def recognize(self, texts):
            self.num_calls += 1
            if self.num_calls == 2:
                raise WorldError("the model is away")
            return super().recognize(texts)

    with pytest.raises(WorldError):
        jobs.work(job, Away())
    assert jobs.num_done(job) == 256
    with pytest.raises(MissingError, match="256 of 600 items are done"):
        jobs.result(job)
    assert jobs.work(job, Capitals()) == 200
    assert len(jobs.result(job).read_text().splitlines()) == 600


def test_a_job_is_shown_to_nobody_else(jobs, tmp_path):
    job = jobs.create("ada", ITEMS[:1], EVERYTHING)
    with pytest.raises(MissingError):
        jobs.get(job.id, "bob")
    assert stat.S_IMODE((tmp_path / "jobs" / "ner").stat().st_mode) == 0o700


@pytest.mark.parametrize("job_id", ["0" * 32, "..", "../../etc/passwd", ""])
def test_what_is_no_job_is_not_known(jobs, job_id):
    with pytest.raises(MissingError, match="is not known"):
        jobs.get(job_id)


def test_an_old_job_is_deleted_when_the_next_comes(jobs, tmp_path):
    old, young = (jobs.create("ada", ITEMS[:1], EVERYTHING) for _ in range(2))
    then = time.time() - KEPT_S - 1
    os.utime(tmp_path / "jobs" / "ner" / old.id, (then, then))
    jobs.create("ada", ITEMS[:1], EVERYTHING)
    assert jobs.get(young.id)
    with pytest.raises(MissingError):
        jobs.get(old.id)


def test_a_subject_may_have_so_many_jobs_that_are_not_done_and_others_theirs(jobs, tmp_path):
    first, *_ = (jobs.create("ada", ITEMS[:1], EVERYTHING) for _ in range(MAX_OPEN))
    with pytest.raises(TooManyJobsError, match=f"{MAX_OPEN} jobs of yours are not done"):
        jobs.create("ada", ITEMS[:1], EVERYTHING)
    jobs.create("bob", ITEMS[:1], EVERYTHING)
    jobs.work(first, Capitals())
    lost = jobs.create("ada", ITEMS[:1], EVERYTHING)
    with pytest.raises(TooManyJobsError):
        jobs.create("ada", ITEMS[:1], EVERYTHING)
    then = time.time() - OPEN_S - 1
    os.utime(tmp_path / "jobs" / "ner" / lost.id / "items.jsonl", (then, then))
    jobs.create("ada", ITEMS[:1], EVERYTHING)


def test_a_subject_may_have_so_many_bytes_results_counted_too(jobs, monkeypatch):
    job = jobs.create("ada", ITEMS, EVERYTHING)
    jobs.work(job, Capitals())
    monkeypatch.setattr("seedbed.ner.jobs.MAX_BYTES", jobs.result(job).stat().st_size)
    with pytest.raises(TooManyJobsError, match="bytes"):
        jobs.create("ada", ITEMS[:1], EVERYTHING)
    jobs.create("bob", ITEMS[:1], EVERYTHING)


def test_a_disk_that_takes_nothing_is_the_worlds_fault(tmp_path):
    (tmp_path / "jobs").write_text("")
    with pytest.raises(WorldError, match="jobs cannot be kept"):
        Jobs(tmp_path).create("ada", ITEMS[:1], EVERYTHING)


def test_the_flow_does_the_job_of_its_id_and_no_other(home):
    with pytest.raises(MissingError):
        recognize_entities.fn("../" + "0" * 29)
