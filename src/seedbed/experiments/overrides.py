"""Settle the configuration of a run: the model's defaults, the settings, a recorded configuration, then `--set`.

src/seedbed/experiments/overrides.py - v0.1.0

Only what somebody set counts: a default of the settings never replaces the default an experiment chose for itself.

```mermaid
flowchart LR
    resolve --> parse_overrides
    parse_overrides --> find_field
    parse_overrides --> UserError
```
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from seedbed.errors import UserError
from seedbed.experiments.fields import default_of, example_of, find_field, holds_secret, in_words, section_model
from seedbed.logging_redaction import MASK

type Values = dict[str, Any]
"""Nested under section names."""


def resolve[Config: BaseModel](
    config_model: type[Config],
    sections: Mapping[str, BaseModel] = {},
    overrides: Sequence[str] = (),
    recorded: Mapping[str, Any] = {},
) -> Config:
    """Return the configuration of a run.

    `sections` are the sections of the settings by field name; one counts where the model has a field of that
    name and type. `recorded` is what the artefact config.json of a run holds; secrets, which it masks, come from the
    sections. `overrides` are `key=value` with dotted keys.

    Raises:
        UserError: an override is refused, a needed value is missing, or the values do not go together.
    """
    values: Values = {}
    for name, field in config_model.model_fields.items():
        if (section := section_model(field.annotation)) is None:
            continue
        values |= {name: _set_by_hand(default)} if isinstance(default := default_of(field), section) else {}
        if type(given := sections.get(name)) is section:
            values[name] = _merged(section, values.get(name, {}), _set_by_hand(given))
    values = _merged(config_model, values, _unmasked(recorded))
    for key, value in parse_overrides(config_model, overrides).items():
        *path, leaf = key.split(".")
        inner = values
        for part in path:
            inner = inner.setdefault(part, {})
        inner[leaf] = value
    try:
        return config_model.model_validate(values, by_name=True)
    except ValidationError as error:
        raise UserError(_told(config_model, error)) from error


def parse_overrides(config_model: type[BaseModel], overrides: Iterable[str]) -> Values:
    """Return the value of each `key=value`, of the type that its field declares.

    Raises:
        UserError: a key is unknown, there twice, a section or a secret, or a value is not what its field takes.
    """
    values: Values = {}
    for override in overrides:
        key, equals, text = override.partition("=")
        key = key.strip()
        if not equals or not key:
            example = example_of(config_model, next(iter(config_model.model_fields), "key"))
            raise UserError(f"--set {override!r} is no key=value. Example: --set {example}")
        if key in values:
            raise UserError(f"{key} is set twice; keep one")
        field = find_field(config_model, key)
        if holds_secret(field.annotation):
            variable = f"SEEDBED_{key.replace('.', '__').upper()}"
            raise UserError(
                f"{key!r} is a secret and a command line is read by others; set {variable} in the environment"
            )
        try:
            values[key] = _parsed(text, field)
        except ValidationError as error:
            reasons = dict.fromkeys(in_words(fault, field) for fault in _faults(error))
            raise UserError(f"{key}={text}: {' or '.join(reasons)}. Example: {example_of(config_model, key)}") from None
    return values


def _parsed(text: str, field: FieldInfo) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    if text == "null" and _accepts_null(adapter):
        return None
    try:
        return adapter.validate_python(text)
    except ValidationError as as_text:
        try:
            return adapter.validate_json(text, strict=True)
        except ValidationError as as_json:
            raise (as_json if text[:1] in ("[", "{") else as_text) from None


def _accepts_null(adapter: TypeAdapter[Any]) -> bool:
    try:
        return adapter.validate_python(None) is None
    except ValidationError:
        return False


def _set_by_hand(section: BaseModel) -> Values:
    values = {name: getattr(section, name) for name in section.model_fields_set}
    return {name: _set_by_hand(value) if isinstance(value, BaseModel) else value for name, value in values.items()}


def _unmasked(recorded: Mapping[str, Any]) -> Values:
    known = {name: value for name, value in recorded.items() if value != MASK}
    return {name: _unmasked(value) if isinstance(value, dict) else value for name, value in known.items()}


def _merged(model: type[BaseModel], under: Values, over: Values) -> Values:
    """Lay values over others; those of a section one by one, a value that is an object as a whole."""
    merged = under | over
    for name in under.keys() & over.keys() & model.model_fields.keys():
        section = section_model(model.model_fields[name].annotation)
        if section and isinstance(under[name], dict) and isinstance(over[name], dict):
            merged[name] = _merged(section, under[name], over[name])
    return merged


def _told(config_model: type[BaseModel], error: ValidationError) -> str:
    faults = _faults(error)
    details = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'values'}: {fault['msg']}" for fault in faults[:3])
    key = ".".join(map(str, faults[0]["loc"]))
    example = f". Example: {example_of(config_model, key)}" if key else ""
    return f"{config_model.__name__} cannot be made: {details}{example}"


def _faults(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)
