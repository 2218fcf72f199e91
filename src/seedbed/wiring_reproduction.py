"""Make recorded runs again with what the settings name.

src/seedbed/wiring_reproduction.py - v0.1.0

```mermaid
flowchart LR
    reproduction --> Reproduction
    reproduction --> MlflowArchive & MlflowTracker
    variables_for --> read_env_file
    drop_index --> store
```
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretStr

from seedbed.errors import WorldError
from seedbed.serving.config import Backend
from seedbed.settings import Settings, project_folder
from seedbed.settings_sources import PREFIX, canonical_variable, fields_of, read_env_file
from seedbed.stores.config import StoreConfig
from seedbed.wiring_stores import store

if TYPE_CHECKING:
    from seedbed.experiments.reproduce import Reproduction
    from seedbed.experiments.reproduction.evidence import Json


def reproduction(settings: Settings, tell: Callable[[str], None]) -> "Reproduction":
    """Return what makes runs of the configured store again, from the project around the current folder."""
    from seedbed.experiments.reproduce import Reproduction
    from seedbed.tracking.adapters.mlflow import MlflowTracker
    from seedbed.tracking.adapters.mlflow_archive import MlflowArchive
    from seedbed.tracking.config import TrackingConfig
    from seedbed.tracking.git_tree import GitFailedError, WorkingTree

    try:
        repository = WorkingTree.around(Path.cwd()).root
    except GitFailedError:
        repository = None
    return Reproduction(
        archive=MlflowArchive(settings.tracking, settings.home),
        tracker=MlflowTracker(settings.tracking, settings.home),
        open_archive=lambda home: MlflowArchive(TrackingConfig(), home),
        home=settings.home.absolute(),
        repository=repository,
        variables_in=lambda folder: variables_for(settings, folder),
        forget_index=lambda config: _forget_index(config, settings, tell),
        tell=tell,
    )


def _forget_index(config: "Json", settings: Settings, tell: Callable[[str], None]) -> None:
    from seedbed.experiments.reproduction.own_index import own_collection

    asked = StoreConfig.model_validate(config["store"] | {"api_key": settings.store.api_key})
    try:
        drop_index(asked, own_collection(config))
    except WorldError as error:
        tell(f"index {own_collection(config)} stays in {asked.place}: {error}")


def drop_index(config: StoreConfig, name: str) -> None:
    """Drop the collections of an index, whatever encoder filled them."""
    opened = store(config, Path())
    for collection in opened.names():
        if collection.startswith(f"{name}--"):
            opened.drop(collection)


def variables_for(settings: Settings, folder: Path) -> dict[str, str]:
    """Return what a program in the folder is given of the settings here: secrets, and where language models are served.

    What an env file there says else is overlooked: the program would record into the common store, or take a vector
    that it misses out of the common ledger.
    """
    given = dict(_secrets(settings))
    if settings.llm.backends:
        given[canonical_variable("llm.backends")] = json.dumps([_plain(each) for each in settings.llm.backends])
    return _overlooked(folder) | given


def _overlooked(folder: Path) -> dict[str, str]:
    """Return the variables of the env file there, each with the value that says the same as no line at all."""
    fields = {canonical_variable(path): field for path, field in fields_of(Settings).items()}
    names = [name for name in read_env_file(project_folder(folder) / ".env") if name.startswith(PREFIX)]
    texts = {name for name in names if name in fields and fields[name].annotation is str}
    return {name: fields[name].default if name in texts else "" for name in names}


def _plain(backend: Backend) -> dict[str, str]:
    key = {"api_key": backend.api_key.get_secret_value()} if backend.api_key else {}
    return {"name": backend.name, "url": backend.url, "kind": backend.kind} | key


def _secrets(section: BaseModel, prefix: str = "") -> list[tuple[str, str]]:
    """Return the secrets that an experiment may need; those of this command's own parts and of the ledger are none."""
    found: list[tuple[str, str]] = []
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel) and name not in ("tracking", "log", "backup", "indexing"):
            found += _secrets(value, f"{prefix}{name}.")
        elif isinstance(value, SecretStr):
            found.append((canonical_variable(f"{prefix}{name}"), value.get_secret_value()))
    return found
