"""Keep what is too long for one request: the texts, and their answers when there are any.

src/seedbed/ner/jobs.py - v0.1.0

A folder for each job, which the API writes and a worker of the same home reads: texts are no parameters of a flow, for
those are kept in the orchestrator's database and shown on its pages.

```mermaid
flowchart LR
    Jobs --> Job
    Jobs --> MissingError & TooManyJobsError & WorldError
```
"""

import json
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, final
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from seedbed.errors import UserError, WorldError
from seedbed.missing import MissingError
from seedbed.ner.answers import Filter, Item, answers_of, fault_of
from seedbed.ner.entity import ModelIdentity
from seedbed.ner.isolation import recognized_each
from seedbed.ner.ports import Recognizer

KEPT_S = 7 * 24 * 3600
"""Then texts and answers are deleted, when the next job comes."""
MAX_OPEN, OPEN_S = 16, 3600.0
"""So many jobs of one subject may wait to be done; one that is not done by then was lost, and counts no more."""
MAX_BYTES = 1 << 31
"""What is kept for one subject, results too."""
_AT_ONCE = 256
_MODEL = "model.json"
_IDENTITY = TypeAdapter(ModelIdentity)
_ID = re.compile("[0-9a-f]{32}")


class Job(BaseModel):
    """Who asked for what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    subject: str
    num_items: int
    labels: frozenset[str] | None
    allow_list: frozenset[str]
    flow_run: UUID | None = None


class TooManyJobsError(UserError):
    """A subject has as much here as it may have."""


@final
class Jobs:
    """The jobs of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "jobs" / "ner"

    def create(self, subject: str, items: Sequence[Item], wanted: Filter) -> Job:
        """Keep the items, and delete jobs that are too old.

        Raises:
            TooManyJobsError: the subject has to wait for those that it has.
            WorldError: they cannot be written.
        """
        job = Job(
            id=uuid4().hex,
            subject=subject,
            num_items=len(items),
            labels=wanted.labels,
            allow_list=wanted.allow_list,
        )
        with _on_disk(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(subject)
            (self._folder / job.id).mkdir(mode=0o700)
            with (self._folder / job.id / "items.jsonl").open("w", encoding="ascii") as file:
                file.writelines(f"{json.dumps(item)}\n" for item in items)
        self.save(job)
        return job

    def save(self, job: Job) -> None:
        """Keep what is known of a job."""
        with _on_disk(self._folder):
            (self._folder / job.id / "job.json").write_text(job.model_dump_json(), encoding="utf-8")

    def delete(self, job: Job) -> None:
        """Forget a job."""
        shutil.rmtree(self._folder / job.id, ignore_errors=True)

    def get(self, job_id: str, subject: str | None = None) -> Job:
        """Return a job, when it is the subject's.

        Raises:
            MissingError: there is no such job, or it is somebody else's.
        """
        try:
            text = (self._folder / job_id / "job.json").read_text(encoding="utf-8") if _ID.fullmatch(job_id) else ""
            job = Job.model_validate_json(text)
        except (OSError, ValidationError):
            job = None
        if job is None or subject not in (None, job.subject):
            raise MissingError(f"job {job_id!r} is not known; jobs are kept {KEPT_S // 86_400} days")
        return job

    def model(self, job: Job) -> ModelIdentity | None:
        """Return which model worked on a job last; None before the first has begun."""
        try:
            return _IDENTITY.validate_json((self._folder / job.id / _MODEL).read_bytes())
        except (OSError, ValidationError):
            return None

    def num_done(self, job: Job) -> int:
        """Return how many items have their answer."""
        if self._result(job).is_file():
            return job.num_items
        try:
            with self._part(job).open("rb") as file:
                return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
        except OSError:
            return 0

    def result(self, job: Job) -> Path:
        """Return the file with one answer a line.

        Raises:
            MissingError: it is not there yet.
        """
        if not self._result(job).is_file():
            raise MissingError(f"job {job.id!r} has no result: {self.num_done(job)} of {job.num_items} items are done")
        return self._result(job)

    def work(self, job: Job, recognizer: Recognizer) -> int:
        """Answer every item of a job; return how many could not be answered. Done again, it does nothing.

        Raises:
            WorldError: the model cannot be loaded, or the disk is full.
        """
        if self._result(job).is_file():
            return 0
        identity = recognizer.identity()
        wanted, num_refused = Filter(job.labels, job.allow_list), 0
        with _on_disk(self._folder):
            # not in job.json: that is the API's to write, and may be written this moment
            (self._folder / job.id / _MODEL).write_bytes(_IDENTITY.dump_json(identity))
            with self._part(job).open("w", encoding="utf-8") as file:
                for items in self._items(job):
                    for answer in _answers(recognizer, items, identity.max_chars, wanted):
                        num_refused += answer["error"] is not None
                        file.write(f"{json.dumps(answer, ensure_ascii=False)}\n")
                    file.flush()
            self._part(job).replace(self._result(job))
            (self._folder / job.id / "items.jsonl").unlink()
        return num_refused

    def _items(self, job: Job) -> Iterator[list[Item]]:
        items: list[Item] = []
        with (self._folder / job.id / "items.jsonl").open(encoding="ascii") as file:
            for line in file:
                item_id, text = json.loads(line)
                items.append((item_id, text))
                if len(items) == _AT_ONCE:
                    yield items
                    items = []
        if items:
            yield items

    def _result(self, job: Job) -> Path:
        return self._folder / job.id / "result.jsonl"

    def _part(self, job: Job) -> Path:
        return self._folder / job.id / "result.part"

    def _make_room(self, subject: str) -> None:
        """Delete what is too old, and count what the subject has."""
        now, num_open, num_bytes = time.time(), 0, 0
        for folder in self._folder.iterdir():
            with suppress(FileNotFoundError, MissingError):  # gone meanwhile, or somebody else's
                if now - folder.stat().st_mtime > KEPT_S:
                    shutil.rmtree(folder, ignore_errors=True)
                    continue
                self.get(folder.name, subject)
                files = {file.name: file.stat() for file in folder.iterdir()}
                num_bytes += sum(file.st_size for file in files.values())
                num_open += "items.jsonl" in files and now - files["items.jsonl"].st_mtime < OPEN_S
        if num_open >= MAX_OPEN:
            raise TooManyJobsError(f"{num_open} jobs of yours are not done; send more when one is")
        if num_bytes >= MAX_BYTES:
            raise TooManyJobsError(f"your jobs hold {num_bytes} bytes; they go {KEPT_S // 86_400} days after they came")


def _answers(recognizer: Recognizer, items: Sequence[Item], max_chars: int, wanted: Filter) -> list[dict[str, Any]]:
    faults = [fault_of(text, max_chars) for _, text in items]
    texts = [str(text) for (_, text), fault in zip(items, faults, strict=True) if fault is None]
    return answers_of(items, faults, recognized_each(recognizer.recognize, texts) if texts else [], wanted)


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WorldError(f"jobs cannot be kept in {folder}: {error.strerror}; make room, or mend it") from error
