"""Refuse collections and payloads that are not declared.

src/seedbed/stores/declaration.py - v0.1.0

```mermaid
flowchart LR
    check_spec --> declarations --> Declaration
    check_payload --> Declaration
```
"""

import re
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, PositiveInt, TypeAdapter

from seedbed.errors import UserError, unknown_choice
from seedbed.stores.layout import Layout
from seedbed.stores.point import CollectionSpec, Payload, Value

_TYPES: dict[str, tuple[type[Value], ...]] = {"str": (str,), "int": (int,), "scalar": (str, int, float, bool)}


class PayloadField(BaseModel):
    """What one field of a payload holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["str", "int", "scalar"]
    meaning: str


class Declaration(BaseModel):
    """What a family of collections is for, what its points carry, and how it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: str
    naming: str
    key: str
    schema_version: PositiveInt
    vectors: str
    payload: dict[str, PayloadField]
    patterns: dict[str, PayloadField]
    backup: str
    retention: str
    layout: Layout = Layout()

    def field(self, name: str) -> PayloadField | None:
        """Return what is declared for a payload field, None when nothing is."""
        matching = (field for pattern, field in self.patterns.items() if re.fullmatch(pattern, name))
        return self.payload.get(name) or next(matching, None)


@cache
def declarations() -> dict[str, Declaration]:
    """Return every declared family of collections by its name."""
    text = files("seedbed.stores").joinpath("collections.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Declaration]).validate_python(yaml.safe_load(text))


def schema_version() -> int:
    """Return the declared version of the payload of `documents`."""
    return declarations()["documents"].schema_version


def declared_spec(name: str, dimension: int) -> CollectionSpec:
    """Return a collection of `documents`, its payload as declared now."""
    return CollectionSpec(name, dimension, schema_version())


def check_spec(spec: CollectionSpec) -> None:
    """Refuse a collection whose family, schema version or indexed fields are not the declared ones."""
    declared = declarations().get(spec.family)
    if declared is None:
        raise unknown_choice("collection family", spec.family, declarations(), example="family='documents'")
    if spec.schema_version != declared.schema_version:
        raise UserError(
            f"collection {spec.name!r} asks for schema version {spec.schema_version} of family {spec.family!r}, "
            f"declared is {declared.schema_version}; build it anew: seedbed index"
        )
    for name in (*spec.indexed_fields, *filter(None, [declared.layout.tenant_field])):
        check_field(spec, name)


def check_field(spec: CollectionSpec, name: str) -> PayloadField:
    """Return the declaration of a payload field, or refuse the field."""
    declared = declarations()[spec.family]
    if (field := declared.field(name)) is None:
        raise unknown_choice("payload field", name, [*declared.payload, "meta_*"], example="meta_language")
    return field


def check_payload(spec: CollectionSpec, payload: Payload) -> None:
    """Refuse a payload with a field that is not declared, of another type, or not storable."""
    for name, value in payload.items():
        allowed = _TYPES[check_field(spec, name).type]
        if type(value) not in allowed:
            names = " or ".join(kind.__name__ for kind in allowed)
            raise UserError(f"payload field {name!r} is {type(value).__name__} {value!r:.80}; allowed is {names}")
        _check_value(name, value)


def _check_value(name: str, value: Value) -> None:
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        raise UserError(f"payload field {name!r} is {value}; allowed are finite numbers")
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise UserError(f"payload field {name!r} is {value!r:.80}; allowed are 64-bit integers")
    if isinstance(value, str) and not value.isascii() and re.search(r"[\ud800-\udfff]", value):
        raise UserError(f"payload field {name!r} holds half of a surrogate pair; allowed is text that UTF-8 can carry")
