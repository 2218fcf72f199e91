"""Find recorded runs that nobody can review.

src/seedbed/experiments/audit.py - v0.1.0

```mermaid
flowchart LR
    audit --> RunArchive
    audit --> missing_of --> Finding
    audit --> Audit
    parse_since --> UserError
```
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from seedbed.errors import UserError
from seedbed.experiments.reproduction.integrity import local_folder
from seedbed.tracking.page import MAX_SIZE, RunQuery
from seedbed.tracking.ports import RunArchive
from seedbed.tracking.record import RunRecord

_NEEDED = {
    "seed": "seed",
    "config_digest": "configuration",
    "git.commit": "commit",
    "packages_digest": "package versions",
    "python": "Python version",
    "hardware_class": "hardware",
    "command": "command",
}
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Finding(BaseModel):
    """A run that cannot be reviewed, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    experiment: str
    status: str
    started_at: datetime
    missing: tuple[str, ...]


class Audit(BaseModel):
    """What an audit found; what `seedbed audit --json` prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_runs: int
    num_repeatable: int
    """Reviewable runs that `seedbed reproduce` takes."""
    num_kept_elsewhere: int
    """Runs whose artefacts are on a server: that they are there was not looked at."""
    findings: tuple[Finding, ...]


def audit(archive: RunArchive, since: datetime | None = None) -> Audit:
    """Look at every run in the store, or at those that started since then."""
    num_runs = num_repeatable = num_elsewhere = 0
    findings = []
    for record in _runs(archive, since):
        num_runs += 1
        num_elsewhere += local_folder(record.artifact_uri) is None
        if missing := missing_of(record):
            facts = record.model_dump(include={"run_id", "experiment", "status", "started_at"})
            findings.append(Finding(**facts, missing=missing))
        elif record.status == "FINISHED" and "seedbed.recipe" in record.tags:
            num_repeatable += 1
    return Audit(
        num_runs=num_runs, num_repeatable=num_repeatable, num_kept_elsewhere=num_elsewhere, findings=tuple(findings)
    )


def missing_of(record: RunRecord) -> tuple[str, ...]:
    """Return in words what a reviewer would miss, artefacts on a server left aside; empty for a reviewable run."""
    tags = record.own_tags
    missing = [words for tag, words in _NEEDED.items() if not tags.get(tag)]
    if record.params.get("seed") != tags.get("seed") and "seed" not in missing:
        missing.append("seed (parameter and tag do not agree)")
    if record.status == "FINISHED" and not tags.get("results_digest"):
        missing.append("results digest")
    if reason := tags.get("git.diff_refused"):
        missing.append(f"uncommitted changes ({reason})")
    if "resumes" in tags and (tags.get("git.commit"), tags.get("git.diff_digest") or "none") != (
        tags.get("resumes_commit"),
        tags.get("resumes_diff_digest"),
    ):
        missing.append(f"one state of the code (it goes on from run {tags['resumes'][:8]}, which had another)")
    return (*missing, *_gone(record, tags))


def _gone(record: RunRecord, tags: dict[str, str]) -> Iterator[str]:
    folder = local_folder(record.artifact_uri)
    if folder is None:
        return
    names = ["config.json", "provenance.json"] if tags.get("config_digest") else []
    if tags.get("git.diff_digest") and not tags.get("git.diff_refused"):
        names.append("diff.patch")
    for name in (*names, *tags.get("artifacts", "").splitlines()):
        if not (folder / name).is_file():
            yield f"artefact {name}"


def parse_since(text: str) -> datetime:
    """Return the moment that a date, a time or a span before now names.

    >>> parse_since("2026-11-01").isoformat()
    '2026-11-01T00:00:00+00:00'

    Raises:
        UserError: it is none of these.
    """
    if span := re.fullmatch(r"(\d{1,5})([hdw])", text):
        return datetime.now(UTC) - int(span[1]) * _UNITS[span[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"--since {text!r} is no moment; give a date (2026-11-01), a time (2026-11-01T12:00) or a span before now: "
            "12h, 7d, 4w. Example: seedbed audit --since 7d"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _runs(archive: RunArchive, since: datetime | None) -> Iterator[RunRecord]:
    token = None
    while True:
        page = archive.page(RunQuery(size=MAX_SIZE, token=token))
        for record in page.runs:
            if since is not None and record.started_at < since:
                return
            yield record
        token = page.next_token
        if token is None:
            return
