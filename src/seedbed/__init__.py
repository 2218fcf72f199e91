"""Let every result be asked where it came from, run again from its id, and served.

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
