"""Import the file of an experiment, and say in one line why it does not import.

src/seedbed/experiments/load_file.py - v0.1.0

```mermaid
flowchart LR
    import_named --> UserError
    import_experiment_file --> UserError
    import_experiment_file --> digest_of
```
"""

import importlib
import sys
import traceback
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from seedbed.digests import digest_of
from seedbed.errors import SeedbedError, UserError
from seedbed.experiments.discover import NAMED


def import_named(folder: Path, name: str) -> ModuleType:
    """Import `pipelines.experiments.<name>` of the project folder, which goes first on the path of modules.

    Raises:
        UserError: it does not import, or a `pipelines` of another project is loaded already.
    """
    _put_first(folder.resolve())
    source = folder / NAMED / f"{name}.py"
    module = _told(source, lambda: importlib.import_module(".".join((*NAMED.parts, name))))
    if Path(module.__file__ or "").resolve() != source.resolve():
        raise UserError(
            f"experiment {name!r} was loaded from {module.__file__} and not from {source}: another package is named "
            f"'pipelines'; name the file. Example: seedbed run {source}:{name}"
        )
    return module


def import_experiment_file(path: Path) -> ModuleType:
    """Import a file that is part of no package; it may import its neighbours, as a script may.

    Raises:
        UserError: it does not import.
    """
    path = path.resolve()
    name = f"seedbed_experiment_{path.stem}_{digest_of(str(path))[:8]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserError(
            f"{str(path)!r} is no Python file; name one that ends in .py. Example: path/to/file.py:function"
        )
    module = module_from_spec(spec)
    # Pickling a class of the module, which worker processes do, looks it up here.
    sys.modules[name] = module
    _put_first(path.parent)
    loader = spec.loader
    try:
        _told(path, lambda: loader.exec_module(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _put_first(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _told[T](source: Path, action: Callable[[], T]) -> T:
    try:
        return action()
    except SeedbedError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == source.resolve()]
        where = f"{source}:{lines[-1]}" if lines else str(source)
        message = str(error).partition("\n")[0]
        raise UserError(f"{where} does not import: {type(error).__name__}: {message}") from error
