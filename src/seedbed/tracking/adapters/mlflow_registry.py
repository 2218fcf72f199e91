"""Keep models in MLflow's registry.

src/seedbed/tracking/adapters/mlflow_registry.py - v0.1.0

```mermaid
classDiagram
    ModelRegistry <|-- MlflowRegistry
    MlflowRegistry ..> ModelVersion : returns
    MlflowRegistry ..> MlflowClient : calls
```
"""

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from seedbed.tracking.adapters.mlflow_client import connect, tracking_uri
from seedbed.tracking.adapters.mlflow_errors import translated
from seedbed.tracking.config import TrackingConfig
from seedbed.tracking.registry import ARTIFACT, ModelPackage, ModelRegistry, ModelVersion, artifact_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

_FILES_TAG = "seedbed.files"
"""Tag of a version: the name of the folder that its files came from, which MLflow keeps."""


@final
class MlflowRegistry(ModelRegistry):
    """Writes each model as `mlflow.pyfunc` to the artefacts of its run, and registers that."""

    def __init__(self, config: TrackingConfig, home: Path) -> None:
        """Open the store."""
        self._uri = tracking_uri(config, home)
        self._client: MlflowClient = connect(config, home)

    def register(self, run_id: str, package: ModelPackage) -> ModelVersion:
        """Send the model and its code, and make the version."""
        with tempfile.TemporaryDirectory() as scratch, translated(self._uri):
            saved = Path(scratch) / ARTIFACT
            _save(package, saved)
            self._client.log_artifacts(run_id, str(saved), ARTIFACT)
            if not self._client.search_registered_models(f"name = '{package.name}'"):
                self._client.create_registered_model(package.name)
            source = f"{self._client.get_run(run_id).info.artifact_uri}/{ARTIFACT}"
            tags = {**package.tags, _FILES_TAG: package.files.name}
            made = self._client.create_model_version(package.name, source, run_id, tags=tags)
        return _version(made)

    def point(self, alias: str, version: ModelVersion) -> None:
        """Set the alias."""
        with translated(self._uri):
            self._client.set_registered_model_alias(version.name, alias, version.version)

    def aliases(self, name: str) -> Mapping[str, ModelVersion]:
        """Return the aliases of a registered model."""
        with translated(self._uri):
            found = self._client.search_registered_models(f"name = '{name}'")
            if not found:
                return {}
            pointed = self._client.get_registered_model(name).aliases
            return {alias: _version(self._client.get_model_version(name, number)) for alias, number in pointed.items()}

    def fetch(self, version: ModelVersion, folder: Path) -> Path:
        """Download the model's files."""
        folder.mkdir(parents=True, exist_ok=True)
        with translated(self._uri):
            wanted = artifact_of(version.tags[_FILES_TAG])
            return Path(self._client.download_artifacts(version.run_id, wanted, str(folder)))


def _save(package: ModelPackage, folder: Path) -> None:
    import pandas
    from mlflow import pyfunc
    from mlflow.models import infer_signature

    example = pandas.DataFrame(dict(package.inputs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's advice about type hints and about its own deprecations
        pyfunc.save_model(
            folder,
            python_model=str(package.code),
            artifacts={ARTIFACT: str(package.files.absolute())},
            signature=infer_signature(example, package.outputs),
            input_example=example,
            pip_requirements=list(package.requirements),
        )


def _version(found: Any) -> ModelVersion:
    return ModelVersion(found.name, str(found.version), found.run_id or "", dict(found.tags))
