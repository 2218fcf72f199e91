"""Pick the texts that a model is calibrated on.

src/seedbed/embedding/calibration.py - v0.1.0

Docstrings of the standard library are on every machine; another release of Python has other ones, so their digest
belongs to what names the encoder.

```mermaid
flowchart LR
    calibration_texts --> WorldError
```
"""

import ast
import sysconfig
import warnings
from functools import cache
from pathlib import Path

import numpy as np

from seedbed.errors import WorldError

_SEED = 7
_NUM_FILES = 32
_NUM_TEXTS = 256


@cache
def calibration_texts() -> tuple[str, ...]:
    """Return the seeded sample (0.5 s), equal for equal releases of Python.

    Raises:
        WorldError: the sources of the standard library are not there.
    """
    library = Path(sysconfig.get_path("stdlib"))
    rng = np.random.default_rng(_SEED)
    files = sorted(library.glob("*.py"))
    found = [text for position in rng.permutation(len(files))[:_NUM_FILES] for text in _docstrings(files[position])]
    if len(found) < _NUM_TEXTS:
        raise WorldError(
            f"{str(library)!r} has {len(found)} docstrings, int8 is calibrated on {_NUM_TEXTS}: this Python comes "
            "without its sources. Example: SEEDBED_EMBEDDING__PRECISION=fp32"
        )
    return tuple(found[position] for position in rng.permutation(len(found))[:_NUM_TEXTS])


def _docstrings(file: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in other people's strings
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            return []
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    texts = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds))
    return [text for text in texts if text and text.strip()]
