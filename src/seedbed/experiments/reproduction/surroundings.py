"""Give a child process the surroundings that a recorded run asks for.

src/seedbed/experiments/reproduction/surroundings.py - v0.1.0

Settings are left out: a run carries its whole configuration, and another release may not know a variable of this one.

```mermaid
flowchart LR
    surroundings --> RECORDED_VARIABLES
```
"""

import os
import re
from collections.abc import Mapping

from seedbed.tracking.seeds import RECORDED_VARIABLES

_LEFT_OUT = re.compile(
    r"SEEDBED_(?!TEST_).*|ENVIRONMENT|GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)|MLFLOW_TRACKING_.*|MLFLOW_RUN_ID"
    r"|VIRTUAL_ENV|CONDA_PREFIX|PYTHONHOME|UV_(PYTHON|SYSTEM_PYTHON|PROJECT_.*)"
)


def surroundings(extra: Mapping[str, str], *, keep_numeric: bool = True) -> dict[str, str]:
    """Return the environment of this process without settings, and with `extra`.

    Without `keep_numeric` the variables that change results are those of `extra` alone.
    """
    dropped = frozenset[str]() if keep_numeric else frozenset(RECORDED_VARIABLES)
    kept = {name: value for name, value in os.environ.items() if not _LEFT_OUT.fullmatch(name) and name not in dropped}
    return kept | dict(extra)
