"""Choose where vectors are kept.

src/seedbed/stores/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- StoreConfig
    StoreConfig ..> PluginGroup : asks
    StoreConfig ..> UserError : raises
```
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from seedbed.digests import canonical_json
from seedbed.errors import UserError
from seedbed.plugins import ABOUT_OPTIONS, Options, Plugin, PluginGroup

STORES = PluginGroup("store", "seedbed.stores", "store.kind", ("chroma", "qdrant"))

type StoreKind = Annotated[str, AfterValidator(STORES.checked), WithJsonSchema(STORES.json_schema())]


class StoreConfig(BaseModel):
    """Which vector database, and how it is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: StoreKind = Field("chroma", description="chroma for development, qdrant for production")
    url: str | None = Field(None, description="http(s) address of a server; default: embedded, under the home folder")
    path: Path | None = Field(None, description="folder of the embedded store; default: <home>/<kind>")
    api_key: SecretStr | None = Field(None, description="key that the server asks for")
    collection: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9_-]{1,38}[a-z0-9]$",
        description="name of the index: 3 to 40 of a-z, 0-9, _ and -, first and last a letter or digit; "
        "default: from the corpus",
        examples=["my-index"],
    )
    timeout_s: PositiveFloat = Field(30.0, le=3600, description="longest wait for one answer of a server")
    options: Options = Field({}, description=ABOUT_OPTIONS)

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str | None) -> str | None:
        if url is not None and "@" in url:
            raise UserError(
                "store address carries a user name or password ('@'), and addresses are recorded; "
                "put the key into SEEDBED_STORE__API_KEY"
            )
        return url

    @property
    def plugin(self) -> Plugin | None:
        """What a package declares under the name, None for what is built in."""
        return STORES.find(self.kind)

    @model_validator(mode="after")
    def _options_go_to_plugins(self) -> Self:
        STORES.refuse_options(self.kind, self.options)
        return self

    @property
    def place(self) -> str:
        """Kind, address and options: two configurations with the same place see the same collections."""
        options = f" {canonical_json(self.options)}" if self.options else ""
        return f"{self.kind} {self.url or self.path or 'embedded'}{options}"
