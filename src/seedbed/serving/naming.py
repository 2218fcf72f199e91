"""Find out what a server calls a model.

src/seedbed/serving/naming.py - v0.1.0

```mermaid
flowchart LR
    served_name --> names_of
```
"""

from collections.abc import Iterator, Mapping, Sequence


def served_name(asked: str | None, served: Sequence[str], own: Mapping[str, str]) -> str | None:
    """Return the server's name for a model; None where it does not have it. Nothing asked for: its first.

    Args:
        asked: a name of ours or of the server.
        served: the names that the server lists.
        own: its names by ours.

    >>> served_name("chat", ["qwen2.5:7b"], {"chat": "qwen2.5:7b"}), served_name("phi", ["phi:latest"], {})
    ('qwen2.5:7b', 'phi:latest')
    """
    if asked is None:
        return next(iter(served), None)
    return next((name for name in names_of(asked, own) if name in served), None)


def names_of(asked: str, own: Mapping[str, str]) -> Iterator[str]:
    """Yield the names that a model may have there, the one asked for first; Ollama leaves `:latest` out when asked."""
    for name in (asked, own.get(asked)):
        if name is not None:
            yield name
            yield f"{name}:latest"
