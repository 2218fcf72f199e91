"""Find an experiment by its name or by its place.

src/seedbed/experiments/define.py - v0.1.0

An experiment is a frozen config model and one function `(config, run) -> metrics`; what `config` is annotated with
is the model.

```mermaid
flowchart LR
    load --> Experiment
    load --> import_experiment_file & import_named
    load --> UserError
```
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import BaseModel

from seedbed.errors import UserError, unknown_choice
from seedbed.experiments.discover import NAMED, functions_in, names_in
from seedbed.experiments.load_file import import_experiment_file, import_named
from seedbed.tracking.live_run import Run

type ExperimentFunction = Callable[[Any, Run], Mapping[str, float]]

_SHAPE = "def {name}(config: MyConfig, run: Run) -> dict[str, float]"


@dataclass(frozen=True, slots=True)
class Experiment:
    """Something that can be run, and what can be set for it."""

    name: str
    function: ExperimentFunction
    config_model: type[BaseModel]
    source: Path
    """The file that holds the function."""

    @property
    def summary(self) -> str:
        """The first line of what the function says about itself."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


def load(name_or_path: str, folder: Path | None) -> Experiment:
    """Return the experiment `NAME` of the project folder, or `path/to/file.py:function`.

    Raises:
        UserError: there is no such experiment, its file does not import, or it has not the shape of one.
    """
    path, colon, function_name = name_or_path.rpartition(":")
    if colon or name_or_path.endswith(".py"):
        return _from_file(Path(path or name_or_path), function_name if colon else "")
    names = names_in(folder) if folder else ()
    if folder is None or not names:
        raise UserError(
            f"no folder {NAMED.as_posix()}/ with experiments here or above, so {name_or_path!r} cannot be found; "
            "go into the project's folder, or name a file. Example: seedbed run path/to/file.py:my_experiment"
        )
    name = name_or_path.replace("-", "_")  # modules cannot be named as commands are
    if name not in names:
        raise unknown_choice("experiment", name_or_path, names, example=f"seedbed run {names[0]}")
    return _experiment(import_named(folder, name), name, folder / NAMED / f"{name}.py")


def _from_file(path: Path, function_name: str) -> Experiment:
    if not path.is_file():
        raise UserError(
            f"there is no file {str(path)!r}; name a Python file and a function in it: path/to/file.py:function"
        )
    candidates = functions_in(path)
    if not function_name:
        example = next(iter(candidates), "my_experiment")
        raise UserError(f"{str(path)!r} names no function; choose one of {list(candidates)}. Example: {path}:{example}")
    if function_name not in candidates:
        example = f"seedbed run {path}:{next(iter(candidates), 'my_experiment')}"
        raise unknown_choice(f"function of {path}", function_name, candidates, example=example)
    return _experiment(import_experiment_file(path), function_name, path)


def _experiment(module: ModuleType, name: str, source: Path) -> Experiment:
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        raise UserError(f"{source} has no function {name!r}; write one: {_SHAPE.format(name=name)}")
    return Experiment(name=name, function=function, config_model=_config_model(function, source), source=source)


def _config_model(function: Callable[..., object], source: Path) -> type[BaseModel]:
    name = function.__name__
    where = f"experiment {name!r} in {source}"
    try:
        inspect.signature(function).bind(None, None)
    except TypeError as error:
        raise UserError(f"{where} does not take (config, run): {error}; write {_SHAPE.format(name=name)}") from error
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise UserError(f"{where} is a coroutine or a generator; write a plain function: {_SHAPE.format(name=name)}")
    try:
        model = get_type_hints(function).get(next(iter(inspect.signature(function).parameters)))
    except NameError as error:
        raise UserError(f"{where} has an annotation that cannot be read ({error}); import it at the top") from error
    if not (inspect.isclass(model) and issubclass(model, BaseModel)):
        raise UserError(f"{where} does not say its config model; annotate it: {_SHAPE.format(name=name)}")
    if not model.model_config.get("frozen"):
        raise UserError(
            f"config model {model.__name__!r} of {where} is not frozen, so it could change while it runs; "
            'write model_config = ConfigDict(frozen=True, extra="forbid")'
        )
    return model
