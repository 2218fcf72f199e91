"""Write the reference of log events from the calls in the source.

tools/reference/log_events.py - v0.1.0

```mermaid
flowchart LR
    log_events_page --> events --> LogEvent
    events --> events_of
```
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.project_files import ROOT
from tools.reference.markdown import MADE, table

SOURCES = ("src/seedbed", "pipelines")
_LEVELS = {
    "exception": "ERROR",
    **{level.lower(): level for level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")},
}
_INTRODUCTION = f"""\
# Log events

Every line of the log is a JSON object ([how to read it](../how-to/logging.md), `m2m/log-event.schema.json`). `message`
is one of these names, `extra` has these fields; … stands for fields that depend on what is logged. Libraries write
sentences of their own.

{MADE}"""


@dataclass(frozen=True, slots=True, order=True)
class LogEvent:
    """One call of a logger."""

    name: str
    level: str
    module: str
    function: str
    fields: tuple[str, ...]


def log_events_page() -> str:
    """Return the page: one row for each call."""
    rows = [
        (
            f"`{each.name}`",
            each.level,
            ", ".join(f"`{field}`" if field != "…" else field for field in each.fields),
            f"`{each.module}`, `{each.function}`",
        )
        for each in sorted(set(events()))
    ]
    return _INTRODUCTION + "\n" + table(["event", "level", "fields of `extra`", "logged in"], rows)


def events(root: Path = ROOT) -> Iterator[LogEvent]:
    """Yield every event that the code can log."""
    for package in SOURCES:
        for path in sorted((root / package).rglob("*.py")):
            below = path.relative_to((root / package).parent)
            if "logger." in (source := path.read_text("utf-8")) and "tests" not in below.parts:
                yield from events_of(source, ".".join(below.with_suffix("").parts))


def events_of(source: str, module: str) -> Iterator[LogEvent]:
    """Yield the events of one module.

    >>> list(events_of('def f(n): logger.info("read", extra={"num": n})', "m"))
    [LogEvent(name='read', level='INFO', module='m', function='f', fields=('num',))]
    """
    seen: set[ast.Call] = set()
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for function in reversed(functions):  # the innermost first
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and node not in seen):
            if isinstance(call.func, ast.Attribute) and _ends_in_logger(call.func.value):
                seen.add(call)
                given = call.args[call.func.attr == "log" :]
                if call.func.attr in {*_LEVELS, "log"} and given and isinstance(given[0], ast.Constant):
                    level = _LEVELS.get(call.func.attr) or _level_of(call.args[0], function)
                    yield LogEvent(str(given[0].value), level, module, function.name, tuple(_fields(call, function)))


def _ends_in_logger(value: ast.expr) -> bool:
    name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
    return name.strip("_") in {"logger", "log"}


def _level_of(value: ast.expr, function: ast.AST) -> str:
    names = [node.attr for node in ast.walk(_assigned(value, function)) if isinstance(node, ast.Attribute)]
    return " or ".join(name for name in names if name in _LEVELS.values())


def _fields(call: ast.Call, function: ast.AST) -> Iterator[str]:
    given = next((each.value for each in call.keywords if each.arg == "extra"), None)
    return iter(()) if given is None else _keys(given, function)


def _keys(value: ast.expr, function: ast.AST) -> Iterator[str]:
    """Yield the keys of an expression that makes a mapping; … where they are not in the source."""
    value = _assigned(value, function)
    if isinstance(value, ast.Dict):
        for key, below in zip(value.keys, value.values, strict=True):
            yield from [str(key.value)] if isinstance(key, ast.Constant) else _keys(below, function)
    elif isinstance(value, ast.BinOp):
        yield from (*_keys(value.left, function), *_keys(value.right, function))
    elif sets := [node for node in ast.walk(value) if isinstance(node, ast.Set)]:  # model_dump(include={…})
        yield from (str(each.value) for each in sets[0].elts if isinstance(each, ast.Constant))
    else:
        yield "…"


def _assigned(value: ast.expr, function: ast.AST) -> ast.expr:
    """Return what a name was last given in the function, or the expression itself."""
    if not isinstance(value, ast.Name):
        return value
    found: Iterable[ast.expr] = (
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and any(isinstance(each, ast.Name) and each.id == value.id for each in node.targets)
    )
    return [value, *found][-1]
