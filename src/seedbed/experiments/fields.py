"""Read the fields of a config model as dotted keys.

src/seedbed/experiments/fields.py - v0.1.0

```mermaid
flowchart LR
    find_field --> section_model
    leaf_keys --> section_model
    find_field --> unknown_choice
```
"""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAliasType, Union, get_args, get_origin

from pydantic import BaseModel, Secret, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, to_json

from seedbed.errors import UserError, nearest, unknown_choice


def find_field(model: type[BaseModel], key: str) -> FieldInfo:
    """Return the field that a dotted key names.

    Raises:
        UserError: there is no such key, or it names a section.
    """
    section: type[BaseModel] | None = model
    seen: list[str] = []
    for part in key.split("."):
        if section is None:
            whole = ".".join(seen)
            raise UserError(
                f"{whole!r} is one value and has no part {part!r}; set it whole. Example: {example_of(model, whole)}"
            )
        if part not in section.model_fields:
            raise _unknown_key(model, section, seen, key)
        field = section.model_fields[part]
        seen.append(part)
        section = section_model(field.annotation)
    if section is not None:
        inner = [f"{key}.{name}" for name in section.model_fields]
        raise UserError(
            f"{key!r} is a section and takes no value; set one of {inner}. Example: {example_of(model, inner[0])}"
        )
    return field


def leaf_keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every dotted key that takes a value, with its field."""
    for name, field in model.model_fields.items():
        if (section := section_model(field.annotation)) is not None:
            yield from leaf_keys(section, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def example_of(model: type[BaseModel], key: str) -> str:
    """Return `key=value` with the default or first example of that key; of a section, of the first key that has one."""
    fields = {name: field for name, field in leaf_keys(model) if f"{name}.".startswith(f"{key}.")}
    for name, field in fields.items():
        if (value := next(iter(field.examples or [default_of(field)]))) is not None:
            return f"{name}={value if isinstance(value, str) else to_json(value).decode()}"
    return f"{next(iter(fields), key)}=..."


def default_of(field: FieldInfo) -> Any:
    """Return the default of a field, None where it has none."""
    if field.is_required() or field.default_factory_takes_validated_data:
        return None
    return field.get_default(call_default_factory=True)


def in_words(fault: ErrorDetails, field: FieldInfo | None) -> str:
    """Return why a value is refused; what a pattern asks for is told by the description of its field."""
    if fault["type"] == "string_pattern_mismatch" and field is not None and field.description:
        return f"Input should be: {field.description}"
    return fault["msg"]


def section_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a field that is a section, `Section | None` included; None for a field that takes a value."""
    annotation = _plain(annotation)
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        return section_model(members[0]) if len(members) == 1 else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def holds_secret(annotation: Any) -> bool:
    """Return whether a value of this type is, or holds, a secret."""
    annotation = _plain(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Secret | SecretStr | SecretBytes):
        return True
    return get_origin(annotation) is Secret or any(holds_secret(argument) for argument in get_args(annotation))


def _plain(annotation: Any) -> Any:
    while isinstance(annotation, TypeAliasType) or get_origin(annotation) is Annotated:
        annotation = annotation.__value__ if isinstance(annotation, TypeAliasType) else get_args(annotation)[0]
    return annotation


def _unknown_key(model: type[BaseModel], section: type[BaseModel], seen: list[str], key: str) -> UserError:
    keys = [name for name, _ in leaf_keys(model)]
    same_leaf = [name for name in keys if name.rpartition(".")[2] == key.rpartition(".")[2]]
    siblings = [".".join((*seen, name)) for name in section.model_fields]
    choices = dict.fromkeys((*siblings, *same_leaf))
    guess = nearest(key, sorted(choices)) or next(iter(same_leaf), siblings[0])
    return unknown_choice("key", key, choices, example=example_of(model, guess))
