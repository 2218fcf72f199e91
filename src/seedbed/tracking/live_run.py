"""Record one experiment while it runs.

src/seedbed/tracking/live_run.py - v0.1.0

```mermaid
classDiagram
    Run --> RunTracker : writes to
    Run --> SeedPlan : draws from
    Run --> DigestCache : asks
    Run ..> RunBatch : sends
    Run ..> UserError : raises
```
"""

import math
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from seedbed.digests import digest_json
from seedbed.errors import UserError
from seedbed.logging_redaction import redact_text
from seedbed.progress import Progress
from seedbed.tracking.digest_cache import DigestCache
from seedbed.tracking.dvc import md5_of_file, tracked_md5
from seedbed.tracking.names import as_numbers, check_name
from seedbed.tracking.parameters import flatten
from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.record import RunBatch
from seedbed.tracking.seeds import SeedPlan

HOME = "$SEEDBED_HOME"
"""Stands in what a run records for the folder of all local state."""

type RunStatus = FinalStatus | Literal["RUNNING"]


class Run:
    """What an experiment is given: its seed, a folder for what it makes, and where its numbers go.

    Every call names its run, so threads, tasks and processes may share one.
    """

    def __init__(
        self, tracker: RunTracker, *, run_id: str, experiment: str, seed: int, home: Path, begun_as: str = ""
    ) -> None:
        """Wrap a run that the tracker has opened; `tracked_run` is what calls this."""
        self.run_id = run_id
        self.experiment = experiment
        self.seed = seed
        self.seeds = SeedPlan(root=seed)
        self.home = home.absolute()
        """The folder of all local state."""
        self.artifacts = self.home / "running" / run_id / "artifacts"
        """Every file below this folder becomes an artefact of the run when it closes."""
        self.checkpoints = self.home / "checkpoints" / (begun_as or run_id)
        """A folder for what lets a run go on after it was cut off: the run that resumes it finds the files here.

        It is made by whoever writes the first file, and removed when a run has finished."""
        self.progress: Progress = lambda *_: None
        """Called with how far long work is; whoever shows it to people puts a bar here."""
        self.status: RunStatus = "RUNNING"
        """What the store was told last."""
        self._tracker = tracker
        self._params: dict[str, str] = {}
        self._metrics: dict[str, float] = {}
        self._steps: dict[str, int] = {}
        self._costs: dict[str, float] = {}
        self._data: dict[str, str] = {}
        self._results: dict[str, str] = {}
        self._published: frozenset[tuple[str, int, int]] = frozenset()

    def log_params(self, params: Mapping[str, object]) -> None:
        """Record parameters, nested ones under dotted names; secrets among them are masked.

        Raises:
            UserError: a name cannot be stored, or was recorded with another value.
        """
        flat = {name: text for name, text in flatten(params).items() if self._params.get(name) != text}
        for name in flat:
            check_name("parameter", name)
            if name in self._params:
                raise UserError(
                    f"parameter {name!r} of this run is {self._params[name]!r} and cannot become {flat[name]!r}; "
                    "use another name, or log_metrics for what changes"
                )
        self._send(params=flat)
        self._params |= flat

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Record results, in one write. They must be equal in equal runs; what it took goes to `log_costs`."""
        self._log_metrics(metrics, step)

    def log_last(self, metrics: Mapping[str, float]) -> None:
        """Record results behind every step that they were logged at, which makes them what the record shows."""
        step = max((self._steps[name] + 1 for name in metrics if name in self._steps), default=0)
        self._log_metrics(metrics, step, is_last=True)

    def _log_metrics(self, metrics: Mapping[str, float], step: int, *, is_last: bool = False) -> None:
        values = as_numbers("metric", metrics)
        self._send(metrics=values, step=step, is_last=is_last)
        self._metrics |= values
        self._steps |= {name: max(step, self._steps.get(name, step)) for name in values}

    def log_costs(self, costs: Mapping[str, float]) -> None:
        """Record what the run took (seconds, texts embedded), as `cost/<name>` and outside the results digest."""
        values = as_numbers("cost", costs)
        self._send(metrics={f"cost/{name}": value for name, value in values.items()})
        self._costs |= values

    def use_data(self, name: str, digest: str = "", source: str | Path = "") -> None:
        """Record what the run read: the digest of its whole content, where it came from, and DVC's MD5 of that.

        Where `source` is a file or folder, its bytes are named too: they can be checked before the run is made again.
        Without a digest, they are the digest.

        Raises:
            UserError: no digest is given, and no `source` or none that is there.
        """
        tags = self._named("data", name, digest, str(source))
        md5s = DigestCache(self.home / "digests.db", md5_of_file, kind="md5 ")
        if source and (md5 := tracked_md5(Path(source), md5s.listing)):
            tags[f"seedbed.data_dvc.{name}"] = md5
        self._data[name] = tags[f"seedbed.data.{name}"]
        self._send(tags=tags | {"seedbed.data_digest": self.data_digest})

    def use_model(self, name: str, digest: str = "", source: str | Path = "", artifact: str = "") -> None:
        """Record which model the run used, as `use_data` records data; it is no part of the data digest.

        `artifact` is where the store keeps it as well: the id of a run, `/`, and the path of its artefact.
        """
        kept = {f"seedbed.model_artifact.{name}": artifact} if artifact else {}
        self._send(tags=self._named("model", name, digest, str(source)) | kept)

    def pin(self, key: str, value: str) -> None:
        """Record what a name that moves (an alias, "latest") stood for: made again, the run gets that for `key`.

        `key` is one of the configuration, with dots; the value is one that it takes.
        """
        check_name("key", key)
        self._send(tags={f"seedbed.pin.{key}": value})

    def _named(self, kind: str, name: str, digest: str, source: str) -> dict[str, str]:
        check_name("data set" if kind == "data" else kind, name)
        if not (digest or source):
            raise UserError(
                f"{kind} {name!r} has neither a digest nor a source; name one of them. "
                f'Example: run.use_{kind}({name!r}, source="data/mine")'
            )
        tags = {f"seedbed.{kind}_source.{name}": self._portable(source)} if source else {}
        if not digest or (source and Path(source).expanduser().exists()):
            content = DigestCache(self.home / "digests.db").digest(Path(source))
            tags[f"seedbed.{kind}_content.{name}"] = content
            digest = digest or content
        return tags | {f"seedbed.{kind}.{name}": digest}

    def _portable(self, source: str) -> str:
        """Return a path below the home folder as one below any home folder."""
        inside = Path(source).is_relative_to(self.home)
        return f"{HOME}/{Path(source).relative_to(self.home).as_posix()}" if inside else source

    def record_result(self, name: str, digest: str) -> None:
        """Let the digest of a detailed result (the rows behind a mean) count in the results digest."""
        check_name("result", name)
        self._results[name] = digest
        self._send(tags={f"seedbed.result.{name}": digest})

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Label the run; a tag set again takes the new value."""
        for name in tags:
            check_name("tag", name)
        self._send(tags=dict(tags))

    @property
    def costs(self) -> Mapping[str, float]:
        """The last value of every cost."""
        return MappingProxyType(self._costs)

    @property
    def metrics(self) -> Mapping[str, float]:
        """The last value of every metric."""
        return MappingProxyType(self._metrics)

    @property
    def artifact_uri(self) -> str:
        """Where the artefacts can be found once the run has closed."""
        return self._tracker.artifact_uri(self.run_id)

    @property
    def data_digest(self) -> str:
        """One digest for everything that `use_data` named; "" before it named anything."""
        return digest_json(self._data) if self._data else ""

    def results_digest(self, metrics: Mapping[str, float] | None = None) -> str:
        """Return the digest of the recorded results, to the last bit: the last value of every metric, and `metrics`."""
        final = self._metrics | as_numbers("metric", metrics or {})
        return digest_json({"metrics": {name: _bits(value) for name, value in final.items()}, "results": self._results})

    def publish(self) -> None:
        """Send all artefacts now, not only when the run closes; nothing where none has changed since the last time."""
        found = frozenset(_fingerprints(self.artifacts))
        if found - self._published:
            self._tracker.upload(self.run_id, self.artifacts)
            self._published = found

    def _send(
        self,
        params: Mapping[str, str] = MappingProxyType({}),
        metrics: Mapping[str, float] = MappingProxyType({}),
        step: int = 0,
        tags: Mapping[str, str] = MappingProxyType({}),
        *,
        is_last: bool = False,
    ) -> None:
        if params or metrics or tags:
            batch = RunBatch(
                params=params,
                metrics=metrics,
                step=step,
                tags={name: redact_text(text) for name, text in tags.items()},
                timestamp_ms=now_ms(),
                is_last=is_last,
            )
            self._tracker.log(self.run_id, batch)


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _bits(value: float) -> str:
    # A NaN that was computed and one that was written differ in their sign, which says nothing.
    return "nan" if math.isnan(value) else struct.pack(">d", value).hex()


def _fingerprints(folder: Path) -> list[tuple[str, int, int]]:
    files = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return [(str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns) for path, stat in files]
