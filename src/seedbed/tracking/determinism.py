"""Let equal runs compute equal numbers, and say which operation cannot.

src/seedbed/tracking/determinism.py - v0.1.0

Deterministic algorithms are free on a CPU and not on a GPU, where some operations have none: there it is asked for.

```mermaid
flowchart LR
    by_default --> measure_gpus
    operation_without --> RuntimeError
```
"""

import re
from types import ModuleType

from seedbed.hardware import measure_gpus

_NO_FORM = re.compile(r"(\S+) does not have a deterministic implementation, but you set")
_CUBLAS = "this operation is not deterministic because it uses CuBLAS"


def by_default() -> bool:
    """Return whether runs are deterministic unless somebody says otherwise: where no GPU is visible."""
    return not measure_gpus()[0]


def set_torch(torch: ModuleType, deterministic: bool) -> None:
    """Let torch refuse operations that have no deterministic form on the device in use, or let it take any."""
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic


def operation_without(error: RuntimeError) -> str:
    """Return the operation that torch refused because it has no deterministic form, "" for any other error.

    >>> operation_without(RuntimeError("put_ does not have a deterministic implementation, but you set 'torch...'"))
    'put_'
    """
    text = str(error)
    found = _NO_FORM.match(text)
    return found.group(1) if found else "a product in cuBLAS" if _CUBLAS in text else ""
