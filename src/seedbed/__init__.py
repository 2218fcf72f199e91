"""Let every result say where it came from, be run again from its id, and be served.

src/seedbed/__init__.py - v0.1.0

```mermaid
flowchart LR
    cli --> wiring
    wiring --> experiments
    experiments --> indexing & retrieval
    indexing & retrieval --> tracking & corpora & embedding & stores
```
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.notebook_run import notebook as notebook


def __getattr__(name: str) -> object:
    # Loaded when it is asked for: `import seedbed.cli` must stay light.
    if name == "notebook":
        from seedbed.notebook_run import notebook

        return notebook
    raise AttributeError(f"module 'seedbed' has no attribute {name!r}")
