"""Act on a heavy module when somebody imports it, without importing it.

src/seedbed/tracking/late.py - v0.1.0

```mermaid
flowchart LR
    after_import --> MetaPathFinder
```
"""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import final

_pending: dict[str, Callable[[ModuleType], None]] = {}


def after_import(name: str, action: Callable[[ModuleType], None]) -> None:
    """Call the action with the module: now if it is loaded, otherwise right after its import.

    The latest action of a name replaces the one before.
    """
    if name in sys.modules:
        action(sys.modules[name])
        return
    _pending[name] = action
    if not any(isinstance(finder, _Watcher) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watcher())


@final
class _Watcher(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _pending:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


@final
class _Loader(Loader):
    def __init__(self, inner: Loader) -> None:
        self._inner = inner

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module and its spec get their own loader back: resources and reloads ask it for what this one has not.
        module.__loader__ = self._inner
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        self._inner.exec_module(module)
        action = _pending.pop(module.__name__, None)
        if action is not None:
            action(module)
