"""Read the configuration of everything, once.

src/seedbed/settings.py - v0.1.0

Nothing is read at import and nothing is made on disk: a program loads its settings and hands sections down.

```mermaid
classDiagram
    BaseSettings <|-- Settings
    Settings ..> LoggingConfig : holds
    Settings ..> StoreConfig : holds
    Settings ..> TrackingConfig : holds
```
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from seedbed.api_section import ApiConfig
from seedbed.backup.config import BackupConfig
from seedbed.corpora.config import ChunkConfig, CorpusConfig
from seedbed.embedding.config import EmbeddingConfig
from seedbed.errors import UserError
from seedbed.experiments.fields import in_words
from seedbed.indexing.config import IndexingConfig
from seedbed.logging_redaction import MASK, redact_text, redact_tree, remember_secrets
from seedbed.logging_section import LoggingConfig
from seedbed.ner.config import NerConfig
from seedbed.serving.config import LlmConfig
from seedbed.settings_sources import (
    Given,
    allowed_values,
    canonical_variable,
    fields_of,
    given_values,
    is_secret,
    variable_of,
)
from seedbed.settings_transport import CONNECTIONS, checked_hosts, exposed_host
from seedbed.stores.config import StoreConfig
from seedbed.tracking.config import TrackingConfig

_PROJECT_MARKS = (".seedbed", "pyproject.toml", ".git")
_WELL_KNOWN_SECRETS = frozenset({
    "", "admin", "changeme", "default", "devpass", "example", "guest", "minioadmin", "password", "postgres", "secret",
    "test",
})  # fmt: skip


class Settings(BaseSettings):
    """Everything that can be set: SEEDBED_SECTION__FIELD in the environment, an env file or the secrets directory."""

    model_config = SettingsConfigDict(env_prefix="SEEDBED_", env_nested_delimiter="__", frozen=True, extra="forbid")

    environment: Literal["dev", "staging", "prod"] = Field(
        "dev", description="which env file is read; strict unless dev"
    )
    home: Path = Field(Path(".seedbed"), description="folder of all local state; relative to the project folder")
    prefect_api_url: str | None = Field(None, description="Prefect server; default: every flow run starts its own")
    internal_hosts: str = Field(
        "",
        description="host names and private networks that only our own machines are on, commas between them: "
        "outside dev, unencrypted connections go nowhere else",
        examples=["mlflow,redis,10.8.0.0/24"],
    )
    corpus: CorpusConfig = CorpusConfig()
    chunk: ChunkConfig = ChunkConfig()
    embedding: EmbeddingConfig = EmbeddingConfig()
    store: StoreConfig = StoreConfig()
    indexing: IndexingConfig = IndexingConfig()
    tracking: TrackingConfig = TrackingConfig()
    ner: NerConfig = NerConfig()
    backup: BackupConfig = BackupConfig()
    llm: LlmConfig = LlmConfig()
    api: ApiConfig = ApiConfig()
    log: LoggingConfig = LoggingConfig()

    @field_validator("internal_hosts")
    @classmethod
    def _are_hosts(cls, internal: str) -> str:
        return checked_hosts(internal)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - these are the names pydantic-settings passes
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is passed in: `load_settings` reads the sources, because it refuses what they misspell."""
        return (init_settings,)


class _GivenSource(EnvSettingsSource):
    """Parses given values as pydantic-settings parses the environment."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        self._given = given
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {canonical_variable(path).lower(): each.value for path, each in self._given.items()}


class SettingOrigin(NamedTuple):
    """One setting, as it may be shown."""

    name: str
    variable: str
    value: str | None
    source: str
    default: str | None
    takes: str
    description: str


def load_settings(
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    explicit: Mapping[str, str] | None = None,
) -> Settings:
    """Return the effective settings; secrets among them are masked in the log from now on.

    Args:
        environ: the environment; default: the process's.
        folder: the project folder; default: the first one upwards that has `.seedbed`, `pyproject.toml` or `.git`.
        explicit: values that win over every source, under their dotted path: {"corpus.kind": "folder"}.

    Raises:
        UserError: a value is not allowed, a name does not exist, or a secret is too weak for the environment.
        WorldError: a file cannot be read.
    """
    folder = project_folder() if folder is None else folder.absolute()
    given = _given(environ, folder, explicit)
    try:
        settings = Settings(**_GivenSource(_meant(given))())
    except ValidationError as error:
        raise _refusal(error, given) from None
    secrets = {path: value.get_secret_value() for path, value in _leaves(settings) if isinstance(value, SecretStr)}
    remember_secrets(set(secrets.values()) - _WELL_KNOWN_SECRETS)
    if settings.environment != "dev":
        _refuse_weak(settings, secrets)
    log = settings.log.model_copy(
        update={"sentry_environment": settings.log.sentry_environment or settings.environment}
    )
    resolved: dict[str, object] = {"home": folder / settings.home.expanduser(), "log": log}
    if settings.store.path:
        store_path = folder / settings.store.path.expanduser()
        resolved["store"] = settings.store.model_copy(update={"path": store_path})
    if settings.backup.folder:
        backup_folder = folder / settings.backup.folder.expanduser()
        resolved["backup"] = settings.backup.model_copy(update={"folder": backup_folder})
    return settings.model_copy(update=resolved)


def explain(
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    explicit: Mapping[str, str] | None = None,
) -> list[SettingOrigin]:
    """Return every setting with where its value comes from, secrets masked; arguments and errors as `load_settings`."""
    folder = project_folder() if folder is None else folder.absolute()
    given = _given(environ, folder, explicit)
    values = dict(_leaves(load_settings(environ, folder, explicit)))
    default = Given("", "default")
    return [
        each._replace(value=_shown(values[each.name]), source=given.get(each.name, default).source)
        for each in known_settings()
    ]


def known_settings() -> list[SettingOrigin]:
    """Return every setting with its default as value; nothing is read."""
    return [
        SettingOrigin(
            name=path,
            variable=variable_of(path),
            value=_shown(field.default),
            source="default",
            default=_shown(field.default),
            takes=allowed_values(field),
            description=field.description or "",
        )
        for path, field in fields_of(Settings).items()
    ]


def project_folder() -> Path:
    """Return the first folder, from the current one upwards, that looks like a project; else the current one."""
    current = Path.cwd()
    marked = (each for each in (current, *current.parents) if any((each / mark).exists() for mark in _PROJECT_MARKS))
    return next(marked, current)


def _given(environ: Mapping[str, str] | None, folder: Path, explicit: Mapping[str, str] | None) -> dict[str, Given]:
    given = given_values(fields_of(Settings), os.environ if environ is None else environ, folder)
    return given | {path: Given(value, "argument") for path, value in (explicit or {}).items()}


def _meant(given: Mapping[str, Given]) -> dict[str, Given]:
    """Return what is given without what is empty and no text: `SEEDBED_STORE__URL=` says the same as no line at all."""
    fields, environment = fields_of(Settings), given.get("environment")
    is_dev = environment is None or environment.value == "dev"
    return {
        path: each
        for path, each in given.items()
        if each.value or fields[path].annotation is str or (is_secret(fields[path]) and not is_dev)
    }


def _leaves(model: BaseModel, section: str = "") -> Iterator[tuple[str, object]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{section}{name}.")
        else:
            yield f"{section}{name}", value
            if isinstance(value, tuple):  # of backends: a name, an address and a key each
                for each in value:
                    yield from _leaves(each, f"{section}{name}[{each.name}].")


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):  # as it is written, and as it may be shown
        return json.dumps(redact_tree(value))
    return MASK if isinstance(value, SecretStr) else redact_text(str(value))


def _refusal(error: ValidationError, given: Mapping[str, Given]) -> UserError:
    fields = fields_of(Settings)
    reasons: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(str(part) for part in fault["loc"][:2])
        reasons.setdefault(path if path in fields else str(fault["loc"][0]), []).append(
            in_words(fault, fields.get(path))
        )
    lines = []
    for path, messages in reasons.items():
        value, source = given.get(path, Given("?", "argument"))
        shown = MASK if path in fields and is_secret(fields[path]) else redact_text(value)
        lines.append(f"{variable_of(path)}={shown!r} ({source}) is not allowed: {redact_text(' or '.join(messages))}")
    return UserError(f"{'; '.join(lines)}. Look them up: seedbed settings --names")


def _refuse_weak(settings: Settings, secrets: Mapping[str, str]) -> None:
    refused = f"which ENVIRONMENT={settings.environment} refuses"
    for path, secret in secrets.items():
        if secret.lower() in _WELL_KNOWN_SECRETS:
            raise UserError(f"{variable_of(path)} is empty or a well-known default, {refused}; openssl rand -hex 32")
    values = {path: value for path, value in _leaves(settings) if isinstance(value, str)} | dict(secrets)
    backends = {path: "use https" for path in values if path.startswith("llm.backends") and path.endswith(".url")}
    for path, encrypted in (CONNECTIONS | backends).items():
        if host := exposed_host(values.get(path, ""), settings.internal_hosts):
            raise UserError(
                f"{variable_of(path)} does not ask for encryption on the way to {host!r}, {refused}; {encrypted}, "
                f"or say that only machines of yours are on that network: SEEDBED_INTERNAL_HOSTS={host}"
            )
