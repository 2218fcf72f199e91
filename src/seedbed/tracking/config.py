"""Choose where runs are recorded.

src/seedbed/tracking/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- TrackingConfig
    TrackingConfig ..> UserError : raises
```
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, SecretStr, field_validator

from seedbed.errors import UserError

MAX_DIFF_BYTES = 2_000_000


class TrackingConfig(BaseModel):
    """Which tracking store, and how much a run may put into it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str | None = Field(None, description="MLflow tracking URI; default: sqlite under the home folder")
    username: str | None = Field(None, description="user name that the server asks for")
    password: SecretStr | None = Field(None, description="password that the server asks for")
    timeout_s: PositiveFloat = Field(15.0, le=600, description="longest wait for one answer of a server")
    max_diff_bytes: PositiveInt = Field(
        MAX_DIFF_BYTES, description="a longer diff of a dirty tree is kept only as its digest"
    )
    wandb_project: str | None = Field(
        None, description="project of Weights & Biases, or team/project, that gets every run as well; default: none"
    )
    wandb_mode: Literal["online", "offline"] = Field(
        "online", description="offline = into files below the home folder, for `wandb sync`"
    )
    wandb_url: str | None = Field(None, description="address of your own W&B server; default: its makers'")
    wandb_key: SecretStr | None = Field(None, description="API key of Weights & Biases")

    @field_validator("uri")
    @classmethod
    def _without_password(cls, uri: str | None) -> str | None:
        if uri is not None and uri.lower().startswith("http") and "@" in uri:
            raise UserError(
                "tracking address carries a user name or password ('@'), and addresses are recorded; "
                "put them into SEEDBED_TRACKING__USERNAME and SEEDBED_TRACKING__PASSWORD"
            )
        return uri
