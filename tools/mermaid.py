"""Read the names that a mermaid diagram draws.

tools/mermaid.py - v0.1.0

Understands the four kinds of diagram that headers use, and of each only what six lines need.

```mermaid
flowchart LR
    names_in --> KINDS
    KINDS --> _flowchart & _classes & _sequence & _states
```
"""

import re
from collections.abc import Callable, Iterable

QUOTED = re.compile(r'"[^"]*"')
NODE_TEXT = re.compile(r"\[\[.*?\]\]|\[\(.*?\)\]|\[.*?\]|\(\(.*?\)\)|\(.*?\)|\{.*?\}")
FLOW_ARROW = re.compile(r"\s(?:--[^->][^>]*-->|-\.[^>]*\.->|==[^=>][^>]*==>|-->|-\.->|==>|---)\s(?:\|[^|]*\|)?")
CLASS_ARROW = re.compile(r"\s(?:<\|--|<\|\.\.|--\|>|\.\.\|>|\*--|--\*|o--|--o|-->|\.\.>|<--|<\.\.|--|\.\.)\s")
MESSAGE = re.compile(r"^(\w+)\s*-{1,2}(?:>>|>|x|\))\s*[+-]?\s*(\w+)\s*:")
NAME = re.compile(r"^\w+(\.\w+)*$")


class DiagramError(ValueError):
    """A line, or a kind of diagram, that headers do not use."""


def _flowchart(line: str) -> list[str]:
    bare = NODE_TEXT.sub("", QUOTED.sub("", line))
    return [name.strip() for side in FLOW_ARROW.split(bare) for name in side.split("&")]


def _classes(line: str) -> list[str]:
    relation = QUOTED.sub("", line).split(" : ")[0].removeprefix("class ").rstrip(" {")
    return [name.strip().split("~")[0] for name in CLASS_ARROW.split(relation)]


def _sequence(line: str) -> list[str]:
    if line.startswith("participant "):
        return [line.split()[1]]
    if line.startswith(("Note ", "actor ", "loop ", "alt ", "else", "opt ", "end", "autonumber")):
        return []
    return list(match.groups()) if (match := MESSAGE.match(line)) else [line]


def _states(line: str) -> list[str]:
    relation = line.split(" : ")[0].split(":")[0]
    return [name.strip() for name in relation.split("-->") if name.strip() != "[*]"]


KINDS: dict[str, Callable[[str], list[str]]] = {
    "flowchart LR": _flowchart,
    "flowchart TD": _flowchart,
    "classDiagram": _classes,
    "sequenceDiagram": _sequence,
    "stateDiagram-v2": _states,
}


def names_in(diagram: Iterable[str]) -> list[str]:
    """Return the names that a diagram draws, in order, once each; actors are people and have none.

    >>> names_in(["flowchart LR", "    read --> check & write"])
    ['read', 'check', 'write']

    Raises:
        DiagramError: the kind is not one of KINDS, or a line draws something else than relations.
    """
    kind, *lines = [line.strip() for line in diagram if line.strip()] or [""]
    if kind not in KINDS:
        raise DiagramError(f"diagram kind {kind!r} is unknown; choose one of {sorted(KINDS)}")
    names: dict[str, None] = {}
    for line in lines:
        for name in KINDS[kind](line):
            if not NAME.match(name):
                raise DiagramError(f"cannot read {line!r} in a {kind}; draw one relation between names")
            names[name] = None
    return list(names)
