"""Record runs in MLflow.

src/seedbed/tracking/adapters/mlflow.py - v0.1.0

Every call names its run: MLflow's fluent functions start stray runs in other threads and tasks.

```mermaid
classDiagram
    RunTracker <|-- MlflowTracker
    MlflowTracker ..> MlflowClient : calls
    MlflowTracker ..> UserError : raises
```
"""

import secrets
from collections.abc import Iterator, Mapping
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, final

from seedbed.errors import UserError
from seedbed.tracking.adapters.mlflow_client import connect, is_server, tracking_uri
from seedbed.tracking.adapters.mlflow_errors import translated
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.ports import FinalStatus, RunTracker
from seedbed.tracking.record import RunBatch, RunStart

if TYPE_CHECKING:
    from mlflow import MlflowClient

MAX_PARAM_CHARS = 6000
MAX_TAG_CHARS = 8000
_MAX_PARAMS, _MAX_TAGS, _MAX_METRICS, _MAX_ENTITIES = 100, 100, 1000, 1000
"""What one `log_batch` may hold (mlflow.utils.validation)."""

_MIRRORED = {
    "seedbed.git.commit": "mlflow.source.git.commit",
    "seedbed.git.branch": "mlflow.source.git.branch",
    "seedbed.git.remote": "mlflow.source.git.repoURL",
    "seedbed.command": "mlflow.source.name",
}
"""Our tags under the names that MLflow's pages show."""


@final
class MlflowTracker(RunTracker):
    """Writes to one MLflow store; creates it, and experiments in it, when they are new."""

    def __init__(self, config: TrackingConfig, home: Path) -> None:
        """Open the store."""
        self._uri = tracking_uri(config, home)
        self._artifacts = None if is_server(self._uri) else (home / "artifacts").absolute()
        self._client: MlflowClient = connect(config, home)
        self._experiments: dict[str, str] = {}

    def start(self, start: RunStart) -> str:
        """Create the run, and the experiment if it is the first of it."""
        tags = dict(start.tags) | {_MIRRORED[name]: start.tags[name] for name in _MIRRORED if name in start.tags}
        if start.parent_run_id is not None:
            tags["mlflow.parentRunId"] = start.parent_run_id
        # MLflow would draw a name from the generator that the run is about to seed.
        name = start.name or f"{start.experiment}-{secrets.token_hex(4)}"
        with translated(self._uri):
            experiment_id = self._experiments.get(start.experiment) or self._experiment_id(start.experiment)
            run = self._client.create_run(experiment_id, run_name=name, tags=_cut(tags, MAX_TAG_CHARS))
        self._experiments[start.experiment] = experiment_id
        run_id: str = run.info.run_id
        return run_id

    def log(self, run_id: str, batch: RunBatch) -> None:
        """Write the batch in one request, in several only beyond MLflow's limits."""
        from mlflow.entities import Metric, Param, RunTag

        metrics = [Metric(name, value, batch.timestamp_ms, batch.step) for name, value in batch.metrics.items()]
        params = [Param(name, value) for name, value in _cut(batch.params, MAX_PARAM_CHARS).items()]
        tags = [RunTag(name, value) for name, value in _cut(batch.tags, MAX_TAG_CHARS).items()]
        with translated(self._uri):
            for part in _parts(metrics, params, tags):
                self._client.log_batch(run_id, *part)

    def upload(self, run_id: str, folder: Path) -> None:
        """Copy or send every file below the folder."""
        with translated(self._uri):
            self._client.log_artifacts(run_id, str(folder))

    def finish(self, run_id: str, status: FinalStatus, timestamp_ms: int) -> None:
        """Set status and end."""
        with translated(self._uri):
            self._client.set_terminated(run_id, status, end_time=timestamp_ms)

    def artifact_uri(self, run_id: str) -> str:
        """Return the run's place in the artefact store."""
        with translated(self._uri):
            uri: str = self._client.get_run(run_id).info.artifact_uri
        return uri

    def _experiment_id(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(name)
        if found is None:
            try:
                location = self._artifacts.as_uri() if self._artifacts else None
                created: str = self._client.create_experiment(name, artifact_location=location)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                found = self._client.get_experiment_by_name(name)  # another process was faster
                if found is None:
                    raise
            else:
                return created
        if found.lifecycle_stage != "active":
            command = f"mlflow experiments restore --experiment-id {found.experiment_id}"
            raise UserError(f"experiment {name!r} was deleted; choose another name, or restore it: {command}")
        experiment_id: str = found.experiment_id
        return experiment_id


def _parts[M, P, T](
    metrics: list[M], params: list[P], tags: list[T]
) -> Iterator[tuple[tuple[M, ...], tuple[P, ...], tuple[T, ...]]]:
    """Cut a batch along MLflow's limits: parameters and tags ride with the first metrics."""
    metric_parts = list(batched(metrics, _MAX_METRICS))
    param_parts = list(batched(params, _MAX_PARAMS))
    tag_parts = list(batched(tags, _MAX_TAGS))
    while metric_parts or param_parts or tag_parts:
        first = metric_parts.pop(0) if metric_parts else ()
        others = param_parts.pop(0) if param_parts else (), tag_parts.pop(0) if tag_parts else ()
        room = _MAX_ENTITIES - len(others[0]) - len(others[1])
        if len(first) > room:
            metric_parts.insert(0, first[room:])
            first = first[:room]
        yield first, *others


def _cut(values: Mapping[str, str], max_chars: int) -> dict[str, str]:
    """Shorten what MLflow would refuse, and mark it; config.json keeps the whole."""
    mark = "... [cut]"
    return {
        name: text if len(text) <= max_chars else text[: max_chars - len(mark)] + mark for name, text in values.items()
    }
