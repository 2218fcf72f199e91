"""Find out whether one JSON schema takes everything that another one describes.

tools/api_schemas.py - v0.1.0

Asked in both directions: a request is described by the old API and taken by the new one, an answer the other way round.

```mermaid
flowchart LR
    reasons --> _plain --> _bounds & _members
    reasons --> Described
```
"""

from collections.abc import Iterator, Mapping
from typing import Any, final

type Schema = Mapping[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_MAX_DEPTH = 20
"""Deeper is a schema that holds itself."""


@final
class Described:
    """An OpenAPI document whose references can be followed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolved(self, schema: Schema) -> Schema:
        """Return the schema that a reference names, or the schema itself."""
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema


def reasons(
    sent: tuple[Schema, Described],
    taken: tuple[Schema, Described],
    where: str,
    *,
    is_answer: bool = False,
    depth: int = 0,
) -> list[str]:
    """Return why something that `sent` describes is not what `taken` takes; nothing: it takes everything.

    Of an answer, fields that are new are passed over and fields that are gone are not.
    """
    if depth > _MAX_DEPTH:
        return []
    (source, from_), (target, to) = sent, taken
    found: list[str] = []
    for way in _ways(from_.resolved(source), from_):
        tried: list[list[str]] = [
            list(_plain((way, from_), (other, to), where, is_answer, depth)) for other in _ways(to.resolved(target), to)
        ]
        fewest = min(tried, key=len)
        found += fewest
    return found


def _ways(schema: Schema, described: Described) -> list[Schema]:
    ways = schema.get("anyOf") or schema.get("oneOf")
    return [each for way in ways for each in _ways(described.resolved(way), described)] if ways else [schema]


def _plain(
    sent: tuple[Schema, Described], taken: tuple[Schema, Described], where: str, is_answer: bool, depth: int
) -> Iterator[str]:
    source, target = sent[0], taken[0]
    if refused := _types(source) - _types(target):
        if not (refused == {"integer"} and "number" in _types(target)):
            yield f"{where} may be {', '.join(sorted(refused))}, which is not taken"
        return
    values, known = _values(source), _values(target)
    if known is not None and (values is None or not all(value in known for value in values)):
        yield f"{where} may be {values or 'anything'}, of which only {known} is taken"
    if target.get("pattern") not in (None, source.get("pattern")) and values is None:
        yield f"{where} has to match {target['pattern']}"
    yield from _bounds(source, target, where)
    if "items" in target:
        inner = (source.get("items", {}), sent[1]), (target["items"], taken[1])
        yield from reasons(*inner, f"{where}[]", is_answer=is_answer, depth=depth + 1)
    yield from _members(sent, taken, where, is_answer, depth)


_ANY = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


def _types(schema: Schema) -> frozenset[str]:
    named = schema.get("type")
    if named is None:
        return frozenset({"object"}) if "properties" in schema else frozenset() if _values(schema) else _ANY
    return frozenset([named] if isinstance(named, str) else named)


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _bounds(source: Schema, target: Schema, where: str) -> Iterator[str]:
    if _values(source) is not None:
        return
    for name in _LOWER:
        if name in target and source.get(name, float("-inf")) < target[name]:
            yield f"{where}: {name} is {target[name]}, was {source.get(name, 'none')}"
    for name in _UPPER:
        if name in target and source.get(name, float("inf")) > target[name]:
            yield f"{where}: {name} is {target[name]}, was {source.get(name, 'none')}"


def _members(
    sent: tuple[Schema, Described], taken: tuple[Schema, Described], where: str, is_answer: bool, depth: int
) -> Iterator[str]:
    source, target = sent[0], taken[0]
    given, wanted = source.get("properties", {}), target.get("properties", {})
    for name in set(target.get("required", ())) - set(source.get("required", ())):
        yield f"{where}.{name} is not always there, and has to be"
    for name in wanted.keys() - given.keys() if is_answer and given else ():
        yield f"{where}.{name} is gone"
    rest = target.get("additionalProperties", True)
    for name, schema in given.items():
        if name in wanted or isinstance(rest, dict):
            inner = (schema, sent[1]), (wanted.get(name, rest), taken[1])
            yield from reasons(*inner, f"{where}.{name}", is_answer=is_answer, depth=depth + 1)
        elif rest is False and not is_answer:
            yield f"{where}.{name} is not taken"
    if isinstance(source.get("additionalProperties"), dict) and isinstance(rest, dict):
        inner = (source["additionalProperties"], sent[1]), (rest, taken[1])
        yield from reasons(*inner, f"{where}.*", is_answer=is_answer, depth=depth + 1)
