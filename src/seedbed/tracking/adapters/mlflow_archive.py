"""Read runs back from MLflow.

src/seedbed/tracking/adapters/mlflow_archive.py - v0.1.0

```mermaid
classDiagram
    RunArchive <|-- MlflowArchive
    MlflowArchive ..> RunRecord : returns
    MlflowArchive ..> MlflowClient : calls
    MlflowArchive ..> UserError : raises
```
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, final

from seedbed.errors import UserError, nearest
from seedbed.missing import MissingError
from seedbed.tracking.adapters.mlflow_client import connect, tracking_uri
from seedbed.tracking.adapters.mlflow_errors import translated
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.history import MetricPoint
from seedbed.tracking.page import RunPage, RunQuery
from seedbed.tracking.ports import RunArchive
from seedbed.tracking.record import RunRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

_MAX_ARTIFACTS = 10_000
_MAX_MATCHES = 5
_PAGE = 1000
_VALUES_PAGE = 25_000


@final
class MlflowArchive(RunArchive):
    """Reads one MLflow store."""

    def __init__(self, config: TrackingConfig, home: Path) -> None:
        """Open the store."""
        self._uri = tracking_uri(config, home)
        self._client: MlflowClient = connect(config, home)

    def get(self, run_id: str, *, artifacts: bool = True) -> RunRecord:
        """Return one run with the paths of its artefacts."""
        with translated(self._uri):
            run = self._find(run_id)
            names = {found.experiment_id: found.name for found in [self._client.get_experiment(run.info.experiment_id)]}
            paths = islice(self._artifacts(run.info.run_id), _MAX_ARTIFACTS if artifacts else 0)
            return as_record(run, names, tuple(paths))

    def find(self, experiment: str | None = None, limit: int = 20) -> Sequence[RunRecord]:
        """Return the newest runs, of one experiment or of all."""
        with translated(self._uri):
            ids, names = self._selected(experiment)
            runs = self._search(ids, limit) if ids else []
        return [as_record(run, names) for run in runs]

    def page(self, query: RunQuery) -> RunPage:
        """Return one page of MLflow's own, in one question for runs and one for the names of experiments."""
        offset = query.offset()
        with translated(self._uri):
            from mlflow.utils.search_utils import SearchUtils

            ids, names = self._selected(query.experiment)
            if not ids:
                return RunPage(runs=(), next_token=None)
            found = self._client.search_runs(
                ids,
                f"attributes.status = '{query.status}'" if query.status else "",
                max_results=query.size,
                order_by=[f"attributes.start_time {'DESC' if query.order == 'newest' else 'ASC'}"],
                page_token=SearchUtils.create_page_token(offset) if offset else None,  # type: ignore[no-untyped-call]
            )
        runs = tuple(as_record(run, names) for run in found)
        return RunPage(runs=runs, next_token=query.token_of(offset + len(runs)) if found.token else None)

    def history(self, run_id: str, metric: str, max_points: int | None = None) -> Sequence[MetricPoint]:
        """Return the history that MLflow keeps of a metric."""
        with translated(self._uri):
            run = self._find(run_id)
            known = run.data.metrics
            if metric not in known:
                raise MissingError(f"run {run.info.run_id} has no metric {metric!r}; it has {sorted(known)[:20]}")
            found = list(islice(self._values(run.info.run_id, metric), max_points and max_points + 1))
        if max_points is not None and len(found) > max_points:
            raise UserError(
                f"metric {metric!r} of run {run.info.run_id} has more than {max_points} values, which are too many to "
                "read at once; MLflow's page draws them. Next: make runs"
            )
        return [
            MetricPoint(each.step, _time(each.timestamp), each.value)
            for each in sorted(found, key=lambda each: (each.step, each.timestamp))
        ]

    def download(self, run_id: str, artifact: str, folder: Path) -> Path:
        """Fetch one file, or a folder with all below it."""
        with translated(self._uri):
            run = self._find(run_id)
            wanted = PurePosixPath(artifact)
            unsafe = wanted.is_absolute() or ".." in wanted.parts
            beside = () if unsafe else self._client.list_artifacts(run.info.run_id, _folder(wanted))
            if all(entry.path != str(wanted) for entry in beside):
                shown = sorted(islice(self._artifacts(run.info.run_id), _MAX_ARTIFACTS))[:20]
                raise UserError(f"run {run.info.run_id} has no artefact {artifact!r}; it has {shown}")
            folder.mkdir(parents=True, exist_ok=True)
            return Path(self._client.download_artifacts(run.info.run_id, str(wanted), str(folder)))

    def _find(self, run_id: str) -> Any:
        if not re.fullmatch(r"[0-9a-f]{4,32}", run_id):
            raise UserError(f"{run_id!r} is no run id; give at least 4 of its 32 digits 0-9a-f. Next: seedbed runs")
        if len(run_id) == 32:
            matches = self._matching(f"attributes.run_id = '{run_id}'", 1)
        else:
            matches = self._matching(f"attributes.run_id LIKE '{run_id}%'", _MAX_MATCHES)
        if not matches:
            raise MissingError(f"there is no run {run_id!r} in this store. Next: seedbed runs")
        if len(matches) > 1:
            ids = sorted(run.info.run_id for run in matches)
            raise UserError(f"{run_id!r} is the beginning of several runs: {ids}; give more digits")
        return matches[0]

    def _matching(self, condition: str, limit: int) -> list[Any]:
        ids = list(self._experiments())
        return list(self._client.search_runs(ids, condition, max_results=limit)) if ids else []

    def _selected(self, experiment: str | None) -> tuple[list[str], dict[str, str]]:
        """Return the ids to search in, and the names of all experiments by id."""
        names = self._experiments()
        if experiment is not None and experiment not in names.values():
            guess = nearest(experiment, names.values())
            hint = f" (did you mean {guess!r}?)" if guess else ""
            raise MissingError(
                f"there is no experiment {experiment!r}{hint}; recorded are {sorted(names.values())}. "
                "Example: seedbed runs --experiment retrieval"
            )
        return [found for found, name in names.items() if experiment in (None, name)], names

    def _search(self, experiment_ids: list[str], limit: int) -> list[Any]:
        found: list[Any] = []
        token = None
        while len(found) < limit:
            page = self._client.search_runs(
                experiment_ids,
                max_results=min(_PAGE, limit - len(found)),
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            found.extend(page)
            token = page.token
            if not token:
                break
        return found

    def _experiments(self) -> dict[str, str]:
        names: dict[str, str] = {}
        token = None
        while True:
            page = self._client.search_experiments(max_results=_PAGE, page_token=token)
            names |= {found.experiment_id: found.name for found in page}
            token = page.token
            if not token:
                return names

    def _values(self, run_id: str, metric: str) -> "Iterator[Metric]":
        """Yield what MLflow's client returns whole, a page at a time."""
        store, token = self._client._tracking_client.store, None
        while True:
            page = store.get_metric_history(run_id, metric, max_results=_VALUES_PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    def _artifacts(self, run_id: str, folder: str | None = None) -> Iterator[str]:
        for entry in self._client.list_artifacts(run_id, folder):
            if entry.is_dir:
                yield from self._artifacts(run_id, entry.path)
            else:
                yield entry.path


def as_record(run: Any, experiments: dict[str, str], artifacts: tuple[str, ...] = ()) -> RunRecord:
    """Return a run of MLflow's as ours; `experiments` are the names by id."""
    info, data = run.info, run.data
    return RunRecord(
        run_id=info.run_id,
        experiment=experiments.get(info.experiment_id, info.experiment_id),
        name=info.run_name or "",
        status=info.status,
        started_at=_time(info.start_time),
        ended_at=_time(info.end_time) if info.end_time else None,
        params=dict(data.params),
        metrics=dict(data.metrics),
        tags=dict(data.tags),
        artifact_uri=info.artifact_uri or "",
        artifacts=artifacts,
    )


def _folder(artifact: PurePosixPath) -> str | None:
    return str(artifact.parent) if artifact.parent.name else None


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
