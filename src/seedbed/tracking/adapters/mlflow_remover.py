"""Remove runs from an MLflow store for good.

src/seedbed/tracking/adapters/mlflow_remover.py - v0.1.0

What `mlflow gc` does for one run after the other; MLflow has no call for it, and a server has none at all.

```mermaid
classDiagram
    RunRemover <|-- MlflowRemover
    MlflowRemover ..> MlflowClient : calls
    MlflowRemover ..> UserError : raises
```
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from seedbed.errors import UserError
from seedbed.tracking.adapters.mlflow_archive import as_record
from seedbed.tracking.adapters.mlflow_client import connect, is_server, tracking_uri
from seedbed.tracking.adapters.mlflow_errors import shown, translated
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.ports import RunRemover
from seedbed.tracking.record import RunRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PAGE = 1000


@final
class MlflowRemover(RunRemover):
    """Removes runs of a database that is opened directly, and their folders below the home folder."""

    def __init__(self, config: TrackingConfig, home: Path) -> None:
        """Open the store.

        Raises:
            UserError: a server keeps the runs.
        """
        self._uri = tracking_uri(config, home)
        if is_server(self._uri):
            raise UserError(
                f"the runs are kept by the server {shown(self._uri)}, which removes them by itself; "
                "whoever runs it calls: mlflow gc --older-than 7d"
            )
        self._artifacts = (home / "artifacts").absolute()
        self._client: MlflowClient = connect(config, home)

    def sources_of_models(self) -> Mapping[str, str]:
        """Return the run of every model version."""
        found: dict[str, str] = {}
        token = None
        with translated(self._uri):
            while True:
                page = self._client.search_model_versions(max_results=_PAGE, page_token=token)
                found |= {each.run_id: f"{each.name} version {each.version}" for each in page if each.run_id}
                token = page.token
                if not token:
                    return found

    def trash(self) -> Sequence[RunRecord]:
        """Return the runs of the lifecycle stage "deleted"."""
        from mlflow.entities import ViewType

        with translated(self._uri):
            names = {each.experiment_id: each.name for each in self._client.search_experiments(ViewType.ALL)}
            found: list[Any] = []
            token = None
            while names:
                page = self._client.search_runs(
                    list(names), run_view_type=ViewType.DELETED_ONLY, max_results=_PAGE, page_token=token
                )
                found.extend(page)
                token = page.token
                if not token:
                    break
        return [as_record(run, names) for run in found]

    def remove(self, run_id: str) -> None:
        """Delete rows, then the folder: files that stay behind belong to no run, and go the next time."""
        from mlflow.exceptions import MlflowException

        with translated(self._uri):
            try:
                self._client._tracking_client.store._hard_delete_run(run_id)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
        shutil.rmtree(self._artifacts / run_id, ignore_errors=True)
