"""Choose how much is logged and where errors are reported.

src/seedbed/logging_section.py - v0.1.0

Apart from logging_config, so that configuring the log of a small process does not import pydantic.

```mermaid
classDiagram
    BaseModel <|-- LoggingConfig
```
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, SecretStr, field_validator


class LoggingConfig(BaseModel):
    """What is logged, and where it goes besides the console."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="least level that is logged"
    )
    max_file_bytes: PositiveInt = Field(10_000_000, description="the file of the command line is rotated at this size")
    num_files: PositiveInt = Field(5, le=1000, description="files kept, the current one included")
    sentry_dsn: SecretStr | None = Field(None, description="address that errors are reported to; empty: nowhere")
    sentry_environment: str | None = Field(
        None, description="environment that errors are reported under; default: ENVIRONMENT"
    )

    @field_validator("level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("sentry_dsn", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value
