"""Say what went wrong, whose fault it is, and what to do next.

src/seedbed/errors.py - v0.1.0

A programmer's fault is none of these: it crashes with its traceback.

```mermaid
classDiagram
    Exception <|-- SeedbedError
    SeedbedError <|-- UserError
    SeedbedError <|-- WorldError
```
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class SeedbedError(Exception):
    """A fault that people meet: its text names the problem, the value, what is allowed and the next command."""

    exit_code: ClassVar[int] = 1
    """Exit code of the command line."""


class UserError(SeedbedError):
    """The caller asked for something that cannot be: exit code 2, HTTP 4xx."""

    exit_code: ClassVar[int] = 2


class WorldError(SeedbedError):
    """Something outside failed (disk, network, a server): exit code 1, HTTP 503."""


def nearest(value: str, allowed: Iterable[str]) -> str:
    """Return the allowed name most like `value`, or "" when none is close.

    >>> nearest("chrome", ["chroma", "qdrant"])
    'chroma'
    """
    return next(iter(get_close_matches(value, list(allowed), n=1, cutoff=0.6)), "")


def unknown_choice(what: str, value: str, allowed: Iterable[str], *, example: str) -> UserError:
    """Build the error for a name that is not one of the allowed ones.

    >>> print(unknown_choice("store", "chrome", ["chroma", "qdrant"], example="--set store.kind=chroma"))
    store 'chrome' is unknown (did you mean 'chroma'?); choose one of ['chroma', 'qdrant']. Example: --set store.kind=chroma
    """  # noqa: E501 - one line is what the reader gets
    choices = sorted(allowed)
    guess = nearest(value, choices)
    hint = f" (did you mean {guess!r}?)" if guess else ""
    return UserError(f"{what} {value!r} is unknown{hint}; choose one of {choices}. Example: {example}")


def not_installed(what: str, package: str, extra: str) -> UserError:
    """Build the error for something that needs a package of an extra that is not there.

    >>> print(not_installed("seedbed mcp", "mcp", "mcp"))
    seedbed mcp needs mcp, which is not installed; it comes with the extra 'mcp'. Next, in a clone of Seedbed: make; elsewhere: add "seedbed[mcp]" to the dependencies and install them (make lock in a project of seedbed new)
    """  # noqa: E501 - one line is what the reader gets
    return UserError(
        f"{what} needs {package}, which is not installed; it comes with the extra {extra!r}. Next, in a clone of "
        f'Seedbed: make; elsewhere: add "seedbed[{extra}]" to the dependencies and install them (make lock in a '
        "project of seedbed new)"
    )
