"""Write the reference of the HTTP API from its OpenAPI description.

tools/reference/api.py - v0.1.0

```mermaid
flowchart LR
    api_page --> operations
    api_page --> table
```
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from tools.reference.markdown import MADE, table

Described = Mapping[str, Any]
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "maxLength": "at most {} characters",
}
_INTRODUCTION = f"""\
# HTTP API

`seedbed serve api` serves it ([how to](../how-to/serve-the-api.md)); `m2m/openapi.json` describes every field.
A route with a scope wants `Authorization: Bearer TOKEN`, and `seedbed token --scope SCOPE` makes one. What is refused
is a problem (RFC 9457): [Errors](errors.md) says which.

{MADE}"""


def operations(described: Described) -> Iterator[tuple[str, str, Described]]:
    """Yield method, path and description of every operation, those of one tag together."""
    found = [
        (method.upper(), path, each) for path, methods in described["paths"].items() for method, each in methods.items()
    ]
    yield from sorted(found, key=lambda each: (_tag(each[2]), each[1], each[0]))


def api_page(described: Described) -> str:
    """Return the page: one table of all routes, then a section for each."""
    overview = table(
        ["route", "scope", "what it does"],
        (
            (f"[`{method} {path}`](#{_anchor(method, path)})", _scopes(each), each["description"])
            for method, path, each in operations(described)
        ),
    )
    parts = [_INTRODUCTION, overview]
    for tag, group in groupby(operations(described), lambda each: _tag(each[2])):
        parts.append(f"## {tag}\n")
        parts += [_section(method, path, each, described) for method, path, each in group]
    return "\n".join(parts)


def _section(method: str, path: str, each: Described, described: Described) -> str:
    rows = [
        _row(given, given["name"], given["in"], given["schema"], given.get("required", False), described)
        for given in each.get("parameters", ())
    ]
    for media in each.get("requestBody", {}).get("content", {}).values():
        rows += _body_rows(media["schema"], described)
    answers = ", ".join(sorted(each["responses"]))  # phrases differ between releases of Python
    shown = [
        f"### {method} {path}",
        each["description"].replace("<", "&lt;"),
        f"Scope: {_scopes(each)}",
        table(["takes", "in", "type", "default", "meaning"], rows),
        f"Answers: {answers}",
    ]
    return "\n\n".join(part.rstrip() for part in shown if part) + "\n"


def _body_rows(schema: Described, described: Described) -> Iterator[tuple[str, ...]]:
    """Yield a row for each field of a body; of alternatives, those of each."""
    for alternative in schema.get("oneOf", [schema]):
        model = _resolved(alternative, described)
        for name, field in model.get("properties", {}).items():
            yield _row(field, name, "body", field, name in model.get("required", ()), described)


def _row(
    given: Described, name: str, where: str, schema: Described, is_required: bool, described: Described
) -> tuple[str, ...]:
    default = "required" if is_required else f"`{schema['default']}`" if schema.get("default") else ""
    meaning = given.get("description") or _resolved(schema, described).get("description", "")
    return f"`{name}`", where, _kind(schema, described), default, meaning


def _resolved(schema: Described, described: Described) -> Described:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Described = described["components"]["schemas"][name] if name else schema
    return found


def _kind(schema: Described, described: Described) -> str:
    """Return the type in words, of an object with the names of its fields."""
    schema = _resolved(schema, described)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(_kind(each, described) for each in schema[word]))
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    kind = str(schema.get("type", "anything"))
    if kind == "array" and "items" in schema:
        kind = f"array of {_kind(schema['items'], described)}"
    elif fields := schema.get("properties"):
        kind = f"{kind} ({', '.join(f'`{name}`' for name in fields)})"
    bounds = [words.format(schema[name]) for name, words in _BOUNDS.items() if name in schema]
    words = ", ".join(bounds)
    return kind if not words else f"{kind}, {words}" if kind.startswith("array") else f"{kind} ({words})"


def _scopes(each: Described) -> str:
    scopes = [scope for given in each.get("security", ()) for scope in given.get("bearer", ())]
    return ", ".join(f"`{scope}`" for scope in scopes) or "none"


def _tag(each: Described) -> str:
    return str(next(iter(each.get("tags", ())), "others"))


def _anchor(method: str, path: str) -> str:
    """Return what renderers make of the heading of a route."""
    return re.sub(r"[^\w-]", "", f"{method}-{path}".lower())
