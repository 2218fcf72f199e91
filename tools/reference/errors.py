"""Write the reference of errors: classes, exit codes, and what the API refuses.

tools/reference/errors.py - v0.1.0

```mermaid
flowchart LR
    errors_page --> error_classes & exit_codes & refusals
    refusals --> Refusal
```
"""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from seedbed.api.llm.relay import SAYS
from seedbed.errors import SeedbedError
from tools.project_files import ROOT
from tools.reference.cli import commands
from tools.reference.markdown import MADE, table

_INTRODUCTION = f"""\
# Errors

An error is one line: what is wrong, the value, what is allowed, the next command. It is yours (`UserError`), the
world's (`WorldError`) or ours, and then it is a traceback. It decides the exit code on the command line and the status
over HTTP.

{MADE}"""
_EXIT_CODES = """\
## Exit codes

| code | when |
|---|---|
| 0 | it worked |
| 1 | something outside failed, an experiment failed, or what was asked for is not so |
| 2 | the command line, a setting or an input is wrong |
| 130 | interrupted by Ctrl-C |

Where a command says more:
"""
_PROBLEMS = """\
## Problems

What the API refuses is `application/problem+json`: `type` (always `about:blank`), `title`, `status`, `detail`,
`request_id`, and `errors` with what is wrong where. Status 400 and 404 also carry what a `UserError` and a
`MissingError` say, 422 every field of a request that does not fit, 503 every `WorldError`: its reason stands in the log
alone.
"""
_STREAMS = """\
## Errors in a stream

A stream of `/v1/chat/completions` or `/v1/completions` that breaks after its first byte ends with an event
`{"error": {"message", "type", "code", "request_id"}}`; `type` and `code` are one of these words.
"""
_VARIES = "(says what is wrong with this request)"
_REFUSERS = {"HTTPException", "problem", "_refusal"}


class Refusal(NamedTuple):
    """A place where the API refuses."""

    status: int
    detail: str
    module: str


def errors_page() -> str:
    """Return the page."""
    classes = table(
        ["class", "exit code", "meaning"],
        (
            (f"`{each.__module__}.{each.__name__}`", str(each.exit_code), inspect.getdoc(each) or "")
            for each in error_classes()
        ),
    )
    refused = table(
        ["status", "detail", "refused in"],
        ((str(each.status), each.detail, f"`{each.module}`") for each in sorted(set(refusals()))),
    )
    broken = table(["type", "message"], ((f"`{outcome}`", message) for outcome, message in SAYS.items()))
    own_codes = table(["command", "exit codes"], ((f"`{words}`", text) for words, text in exit_codes()))
    return "\n".join(
        [_INTRODUCTION, "## Classes\n", classes, _EXIT_CODES, own_codes, _PROBLEMS, refused, _STREAMS, broken]
    )


def error_classes(root: Path = ROOT) -> list[type[SeedbedError]]:
    """Return SeedbedError and every class below it, each after its base."""
    for path in sorted((root / "src").rglob("*.py")):
        if re.search(r"^class \w+\(\w*Error\)", path.read_text("utf-8"), re.MULTILINE):
            import_module(".".join(path.relative_to(root / "src").with_suffix("").parts))
    found = [SeedbedError]
    for each in found:
        found += sorted(
            (one for one in each.__subclasses__() if one.__module__.startswith("seedbed.")),
            key=lambda one: one.__name__,
        )
    return found


def exit_codes() -> Iterator[tuple[str, str]]:
    """Yield what commands say about their own exit codes."""
    for words, command in commands().items():
        if found := re.search(r"Exit code.*", " ".join((command.help or "").partition("Example")[0].split())):
            yield words, found[0]


def refusals(root: Path = ROOT) -> Iterator[Refusal]:
    """Yield every refusal of the API whose status stands in the source."""
    for path in sorted((root / "src/seedbed/api").rglob("*.py")):
        module = ".".join(path.relative_to(root / "src").with_suffix("").parts)
        tree = ast.parse(path.read_text("utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            is_refusal = isinstance(call.func, ast.Name) and call.func.id in _REFUSERS and len(call.args) > 1
            if is_refusal and isinstance(status := call.args[0], ast.Constant):
                yield Refusal(int(str(status.value)), _words(call.args[1], tree), module)


def _words(value: ast.expr, tree: ast.AST) -> str:
    """Return a text of the source; … where a value comes in."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in value.values)
    if isinstance(value, ast.Name):
        names = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and any(isinstance(each, ast.Name) and each.id == value.id for each in node.targets)
        ]
        return (
            " / ".join(dict.fromkeys(_words(each, tree) for each in names if not isinstance(each, ast.Name))) or _VARIES
        )
    return _VARIES
