"""Collect what the environment, the env file and the secrets directory say about settings.

src/seedbed/settings_sources.py - v0.1.0

pydantic-settings ignores a variable whose section or field does not exist; here that is an error with the nearest name.

```mermaid
flowchart LR
    given_values --> read_env_file & read_secrets & Given
    given_values --> unknown_variable --> UserError
```
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from seedbed.errors import UserError, WorldError, nearest, unknown_choice

PREFIX = "SEEDBED_"
ENVIRONMENTS = ("dev", "staging", "prod")
_PLAIN_NAMES = {
    "environment": "ENVIRONMENT",
    "prefect_api_url": "PREFECT_API_URL",
    "log.level": "LOG_LEVEL",
    "log.sentry_dsn": "SENTRY_DSN",
}
"""What others than us agree on, or read themselves."""
_NOT_SETTINGS = re.compile("SEEDBED_(SECRETS_DIR|ROOT|TEST_.*)")
"""Where secrets are, where prefect.yaml finds the project, what tests are told: read before or beside the settings."""
_MAX_SECRET_BYTES = 65_536
_BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


class Given(NamedTuple):
    """A value as somebody wrote it."""

    value: str
    source: str
    """Where, in words: "environment", ".env.prod", "secrets dir"."""


def fields_of(model: type[BaseModel], section: str = "") -> dict[str, FieldInfo]:
    """Return every field below the model under its dotted path, in the order of definition."""
    fields: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            fields |= fields_of(field.annotation, f"{section}{name}.")
        else:
            fields[f"{section}{name}"] = field
    return fields


def variable_of(path: str) -> str:
    """Return the environment variable that sets a field.

    >>> variable_of("store.kind"), variable_of("log.level")
    ('SEEDBED_STORE__KIND', 'LOG_LEVEL')
    """
    return _PLAIN_NAMES.get(path, canonical_variable(path))


def canonical_variable(path: str) -> str:
    """Return the variable under which pydantic-settings looks for a field."""
    return PREFIX + path.replace(".", "__").upper()


def is_secret(field: FieldInfo) -> bool:
    """Tell whether the field's value must never be shown."""
    return SecretStr in getattr(field.annotation, "__args__", (field.annotation,))


def allowed_values(field: FieldInfo) -> str:
    """Return in words what a field takes: its choices, its types, its bounds.

    >>> from seedbed.stores.config import StoreConfig
    >>> allowed_values(StoreConfig.model_fields["kind"]), allowed_values(StoreConfig.model_fields["timeout_s"])
    ('chroma, qdrant; or the name of a plug-in', 'number > 0, <= 3600')
    """
    schema = TypeAdapter(field.rebuild_annotation()).json_schema()
    return "; ".join(_words(kind) for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null")


def _words(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    bounds = [f"{sign} {schema[name]}" for name, sign in _BOUNDS.items() if name in schema]
    kind = str(schema.get("format", schema.get("const", schema["type"])))
    return f"{kind} {', '.join(bounds)}".strip().replace("password", "secret")


def given_values(paths: Iterable[str], environ: Mapping[str, str], folder: Path) -> dict[str, Given]:
    """Return what is given for each path, the strongest source winning: environment, env file, secrets directory.

    Raises:
        UserError: a variable with our prefix sets nothing, ENVIRONMENT is none of ours, or a file contradicts it.
        WorldError: a file cannot be read.
    """
    variables = {variable_of(path): path for path in paths}
    upper = {name.upper(): value for name, value in environ.items()}
    environment = upper.get("ENVIRONMENT", "dev")
    if environment not in ENVIRONMENTS:
        raise unknown_choice("environment", environment, ENVIRONMENTS, example="ENVIRONMENT=staging")
    env_file = folder / (".env" if environment == "dev" else f".env.{environment}")
    from_file = read_env_file(env_file)
    claimed = from_file.get("ENVIRONMENT", environment)
    if claimed != environment:
        raise UserError(
            f"{env_file.name} says ENVIRONMENT={claimed}, but it is read because ENVIRONMENT={environment}; "
            f"set it outside the file. Example: ENVIRONMENT={claimed} seedbed settings"
        )
    given: dict[str, Given] = {}
    secrets = read_secrets(upper.get("SEEDBED_SECRETS_DIR"), folder)
    for source, values in (("secrets dir", secrets), (env_file.name, from_file), ("environment", upper)):
        for name, value in values.items():
            if name in variables:
                given[variables[name]] = Given(value, source)
            elif name.startswith(PREFIX) and not _NOT_SETTINGS.fullmatch(name):
                raise unknown_variable(name, source, variables.values())
    return given


def unknown_variable(name: str, source: str, paths: Iterable[str]) -> UserError:
    """Build the error for a variable that sets nothing, with the variable that was probably meant."""
    canonical = {canonical_variable(path): variable_of(path) for path in paths}
    guess = canonical.get(nearest(name, canonical), "")
    hint = f" (did you mean {guess}?)" if guess else ""
    return UserError(f"{name} in {source} sets nothing{hint}; `seedbed settings --names` lists what can be set")


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of an env file, names in upper case, values exactly as written: nothing is interpolated."""
    from dotenv.parser import parse_stream

    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            lines = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{path} cannot be read ({error}); make it a readable text file") from error
    values: dict[str, str] = {}
    for name, value, original, is_broken in lines:
        if is_broken:  # the line itself is not shown: it may hold a secret
            blank = original.string[: -len(original.string.lstrip())]
            number = original.line + blank.count("\n")
            raise UserError(f"{path.name} line {number} is no assignment; write NAME=value, a comment with # before it")
        if name and value is None and name.upper().startswith(PREFIX):
            raise UserError(f"{name} in {path.name} has no value; write {name}=value")
        if name and value is not None:
            values[name.upper()] = value
    return values


def read_secrets(given: str | None, folder: Path) -> dict[str, str]:
    """Return the variables of the secrets directory: one file per variable, named like it.

    Without SEEDBED_SECRETS_DIR these are /run/secrets, where containers find theirs, and then `secrets` in the project.
    """
    if given is not None and not Path(given).is_dir():
        raise UserError(f"SEEDBED_SECRETS_DIR={given!r} is no directory; name one that holds a file per secret")
    directories = [Path(given)] if given is not None else [folder / "secrets", Path("/run/secrets")]
    values: dict[str, str] = {}
    for directory in filter(Path.is_dir, directories):
        for file in sorted(directory.iterdir()):
            name = file.name.upper()
            if file.is_file() and re.match(rf"{PREFIX}|{'|'.join(_PLAIN_NAMES.values())}$", name):
                values[name] = _secret(file)
    return values


def _secret(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_SECRET_BYTES + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise WorldError(f"secret {file} cannot be read: {reason}; check its owner and mode") from error
    if len(data) > _MAX_SECRET_BYTES:
        raise UserError(f"secret {file} is longer than {_MAX_SECRET_BYTES} bytes; that is no secret")
    return text.rstrip("\r\n")
