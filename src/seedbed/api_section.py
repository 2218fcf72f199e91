"""Choose who may use the HTTP API, how much of it, and from which pages.

src/seedbed/api_section.py - v0.1.0

Apart from seedbed.api, which stands above the settings: they hold this section.

```mermaid
classDiagram
    BaseModel <|-- ApiConfig
```
"""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, SecretStr, field_validator, model_validator

MIN_KEY_BYTES = 32
"""RFC 7518, 3.2: a key for HS256 is at least as long as its digest."""
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?")
_SAFE_URL = re.compile(r"https://[^/@\s]+/|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?/")
_RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")


class ApiConfig(BaseModel):
    """Tokens, limits and origins of the HTTP API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: SecretStr | None = Field(
        None, description="key that signs tokens (HS256), 32 bytes or more; default: made and kept, in dev alone"
    )
    issuer: str | None = Field(None, description="issuer of tokens, instead of a key: what their `iss` says")
    jwks_url: str | None = Field(None, description="where the issuer publishes its keys (RS256, ES256)")
    audience: str = Field("seedbed", min_length=1, description="what the `aud` of a token has to say")
    rate_limit: str = Field(
        "600/minute", description="requests of one subject: number/second, /minute, /hour or /day (each)"
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis that counts for all workers and machines; default: each process for itself"
    )
    cors_origins: str = Field("", description="pages that may call it from a browser: origins, commas between them")
    max_body_bytes: PositiveInt = Field(2_000_000, le=67_108_864, description="longest body of a request")

    @field_validator("key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value().encode()) < MIN_KEY_BYTES:
            raise ValueError(f"a key has at least {MIN_KEY_BYTES} bytes; openssl rand -hex 32 makes one")
        return key

    @field_validator("jwks_url")
    @classmethod
    def _is_safe(cls, url: str | None) -> str | None:
        if url is not None and not _SAFE_URL.match(url):
            raise ValueError("keys come over https, or from this machine: https://issuer.example/keys.json")
        return url

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, rate: str) -> str:
        if not _RATE.fullmatch(rate):
            raise ValueError("a rate is written like 600/minute")
        return rate

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("it is written like redis://127.0.0.1:6379/0 or rediss://…")
        return url

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        for origin in filter(None, map(str.strip, text.split(","))):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin; write https://notebook.example, without a path or *")
        return text

    @model_validator(mode="after")
    def _one_authority(self) -> Self:
        if (self.issuer is None) != (self.jwks_url is None):
            raise ValueError("issuer and jwks_url go together; set both or none")
        if self.issuer is not None and self.key is not None:
            raise ValueError("a key and an issuer exclude each other; set SEEDBED_API__KEY or SEEDBED_API__ISSUER")
        return self

    @property
    def origins(self) -> list[str]:
        """The pages of `cors_origins`."""
        return [origin for origin in map(str.strip, self.cors_origins.split(",")) if origin]
