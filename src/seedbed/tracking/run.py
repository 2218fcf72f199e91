"""Open a run, stamp it with what made it, and close it whatever happens.

src/seedbed/tracking/run.py - v0.1.0

```mermaid
flowchart LR
    tracked_run --> RunTracker & Run & SeedPlan & FileLock
    tracked_run --> collect --> Provenance
```
"""

import json
import logging
import shutil
import signal
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import accumulate
from pathlib import Path
from types import FrameType, MappingProxyType

from filelock import FileLock, Timeout
from pydantic import BaseModel

from seedbed.digests import digest_file, digest_json, digest_stream
from seedbed.locks import owned_lock
from seedbed.logging_config import bind_run
from seedbed.logging_redaction import redact_text
from seedbed.tracking.live_run import Run, now_ms
from seedbed.tracking.parameters import as_json
from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.provenance import Provenance, collect
from seedbed.tracking.record import RunStart
from seedbed.tracking.seeds import SeedPlan, new_seed

__all__ = ["STAMPS", "Run", "closing", "in_one_line", "tracked_run"]

logger = logging.getLogger(__name__)

STAMPS = ("config.json", "provenance.json", "diff.patch")
"""Artefacts that every run may carry by itself; a user's file of that name is kept as `own-<name>`."""

_MAX_NAMES_CHARS = 4000


@contextmanager
def tracked_run(
    experiment: str,
    config: BaseModel | Mapping[str, object],
    *,
    tracker: RunTracker,
    home: Path,
    seed: int | None = None,
    provenance: Provenance | None = None,
    deterministic: bool = True,
    parent_run_id: str | None = None,
    tags: Mapping[str, str] = MappingProxyType({}),
    begun_as: str = "",
) -> Iterator[Run]:
    """Open a run, seed the libraries, and close the run as FINISHED, as FAILED with the error, or as KILLED.

    A seed is drawn and recorded when there is none; provenance is collected when it is not given. `begun_as` is the run
    whose checkpoints this one goes on from; one process at a time does.

    Raises:
        WorldError: the tracking store is away now; what it misses later depends on the tracker. Or another process goes
            on from these checkpoints.
    """
    plan = SeedPlan(root=new_seed() if seed is None else seed)
    provenance = provenance or collect()
    start = RunStart(
        experiment=experiment,
        name=f"{experiment}-seed-{plan.root}",
        parent_run_id=parent_run_id,
        tags=_masked(tags) | _masked(provenance.tags()) | _own_tags(plan, config, deterministic),
    )
    with ExitStack() as held:
        if begun_as:
            held.enter_context(owned_lock(lock_file(home, begun_as), f"what run {begun_as[:8]} has begun"))
        run_id = tracker.start(start)
        run = Run(tracker, run_id=run_id, experiment=experiment, seed=plan.root, home=home, begun_as=begun_as)
        held.enter_context(closing(run, tracker))
        logger.info("run_started", extra={"experiment": experiment, "seed": plan.root})
        _stamp(run, config, provenance, run.artifacts.parent / "stamps", tracker)
        plan.seed_libraries(deterministic=deterministic)
        yield run


@contextmanager
def closing(run: Run, tracker: RunTracker) -> Iterator[None]:
    """Close the run behind the block, as FINISHED, as FAILED with the error, or as KILLED."""
    with bind_run(run.run_id), _sigterm_as_exit(), ExitStack() as behind, ExitStack() as held:
        # A file that is locked stays on a network file system; and what stays makes no failure of what is recorded.
        remove = partial(shutil.rmtree, ignore_errors=True)
        try:
            run.artifacts.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(alive_file(run.home, run.run_id), thread_local=False))
            yield
            ended_ms = now_ms()
            _send_artifacts(run)
            results = {"seedbed.results_digest": run.results_digest()}
            _finish(run, tracker, "FINISHED", ended_ms, results | artifact_tags(run.artifacts))
        except BaseException as error:
            if _close_failed(run, tracker, error):
                behind.callback(remove, run.artifacts.parent)
            raise
        behind.callback(remove, run.artifacts.parent)
        behind.callback(remove, run.checkpoints)


def alive_file(home: Path, run_id: str) -> Path:
    """Return the file that the process of a run keeps locked: the lock ends with it, kill -9 included."""
    return home.absolute() / "running" / run_id / "alive.lock"


def lock_file(home: Path, run_id: str) -> Path:
    """Return the file that is locked by whoever goes on from what a run has begun."""
    return home / "locks" / f"run-{run_id}.lock"


def is_alive(home: Path, run_id: str) -> bool:
    """Return whether a process here works on the run."""
    file = alive_file(home, run_id)
    if not file.is_file():
        return False
    lock = FileLock(file, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def artifact_tags(folder: Path) -> dict[str, str]:
    """Return what tells later whether the artefacts are there still, and as they were; nothing where there are none.

    Of very many, the first ones are watched.
    """
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    length = accumulate(len(name) + 1 for name in found)
    names = [name for name, total in zip(found, length, strict=True) if total <= _MAX_NAMES_CHARS]
    if not names:
        return {}
    return {"seedbed.artifacts": "\n".join(names), "seedbed.artifacts_digest": artifacts_digest(folder, names)}


def artifacts_digest(folder: Path, names: Iterable[str]) -> str:
    """Return the digest of the names and the contents of artefacts."""
    return digest_stream(part for name in names for part in (name, digest_file(folder / name)))


def _masked(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: redact_text(text) for name, text in tags.items()}


def _own_tags(plan: SeedPlan, config: BaseModel | Mapping[str, object], deterministic: bool) -> dict[str, str]:
    return {
        "seedbed.seed": str(plan.root),
        "seedbed.deterministic": str(deterministic).lower(),
        # Over the masked values: over the secret itself it would let a short one be guessed.
        "seedbed.config_digest": digest_json(as_json(config)),
    }


def _stamp(
    run: Run, config: BaseModel | Mapping[str, object], provenance: Provenance, folder: Path, tracker: RunTracker
) -> None:
    """Write what made the run before it does anything, so that a killed run can still be asked."""
    folder.mkdir()
    settings = as_json(config)
    (folder / "config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "provenance.json").write_text(provenance.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if provenance.code.diff:
        (folder / "diff.patch").write_bytes(provenance.code.diff)
    tracker.upload(run.run_id, folder)
    run.log_params({"seed": run.seed, **settings})


def in_one_line(error: BaseException) -> str:
    """Return kind and text of an error, bounded, with its secrets masked.

    >>> in_one_line(ValueError("refused: password=abc"))
    'ValueError: refused: password=***'
    """
    line = f"{type(error).__name__}: {error}".splitlines()[0][:500]
    return redact_text(line.encode(errors="backslashreplace").decode())


def _close_failed(run: Run, tracker: RunTracker, error: BaseException) -> bool:
    """Close after an error, which stays the one that is raised; return whether everything was sent."""
    ended_ms = now_ms()
    status: FinalStatus = "FAILED" if isinstance(error, Exception) else "KILLED"
    text = redact_text("".join(traceback.format_exception(error)))
    try:
        with suppress(OSError):  # a full disk must not keep the run open
            (run.artifacts / "traceback.txt").write_text(text, encoding="utf-8", errors="backslashreplace")
        try:
            _send_artifacts(run)
        finally:  # nor may artefacts that cannot be sent, nor a second Ctrl-C
            _finish(run, tracker, status, ended_ms, {"seedbed.error": in_one_line(error)})
    except Exception as second:
        stay = f"its files stay in {run.artifacts.parent}"
        error.add_note(f"and run {run.run_id} could not be closed whole, {stay}: {second}")
        return False
    return True


def _send_artifacts(run: Run) -> None:
    for name in STAMPS:
        if (run.artifacts / name).exists():
            logger.warning("artifact_name_taken", extra={"artifact": name, "kept_as": f"own-{name}"})
            (run.artifacts / name).rename(run.artifacts / f"own-{name}")
    run.publish()


def _finish(run: Run, tracker: RunTracker, status: FinalStatus, ended_ms: int, tags: Mapping[str, str]) -> None:
    run.set_tags(tags)
    tracker.finish(run.run_id, status, ended_ms)
    run.status = status
    logger.info("run_closed", extra={"status": status, "costs": dict(run.costs)})


@contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """Let the default SIGTERM of a stopped container or worker unwind the stack instead of cutting it."""

    def leave(signum: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + signum)

    with ExitStack() as undo:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, leave)
            undo.callback(signal.signal, signal.SIGTERM, signal.SIG_DFL)
        yield
