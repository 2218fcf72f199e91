"""Choose where vectors are kept.

src/seedbed/stores/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- StoreConfig
    StoreConfig ..> UserError : raises
```
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, SecretStr, field_validator

from seedbed.errors import UserError


class StoreConfig(BaseModel):
    """Which vector database, and how it is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["chroma", "qdrant"] = Field("chroma", description="chroma for development, qdrant for production")
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
    def place(self) -> str:
        """Kind and address of the database: two configurations with the same place see the same collections."""
        return f"{self.kind} {self.url or self.path or 'embedded'}"
