"""Choose which language model is served, by what, and where others serve one.

src/seedbed/serving/config.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Backend
    BaseModel <|-- LlmConfig
    LlmConfig ..> Backend : holds
```
"""

import json
import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

_ADDRESS = re.compile(r"https?://[^/@\s?#]+(/[^@\s?#]*)?")
_EXAMPLE = '[{"name": "local", "url": "http://127.0.0.1:11434", "kind": "ollama"}]'

type Profile = Literal["auto", "cpu", "gpu"]


class Backend(BaseModel):
    """A server of language models that runs already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    url: str
    """Its address without `/v1`."""
    kind: Literal["ollama", "vllm", "openai"] = "openai"
    """`openai`: any other server with the paths of OpenAI's API."""
    api_key: SecretStr | None = None
    optional: bool = False
    """It may not be there at all, which makes nothing else unready."""

    @field_validator("url")
    @classmethod
    def _is_root(cls, url: str) -> str:
        if not _ADDRESS.fullmatch(url):
            raise ValueError("a server's address is http(s)://host:port, without a name, password or question in it")
        return url.rstrip("/").removesuffix("/v1")

    @field_validator("api_key")
    @classmethod
    def _says_something(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not key.get_secret_value():
            raise ValueError("an empty key opens nothing; leave api_key out")
        return key


class LlmConfig(BaseModel):
    """Which model, on which hardware, served where."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    profile: Profile = Field("auto", description="gpu: vLLM, cpu: Ollama, auto: gpu where a model fits there")
    model: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$",
        description="logical name in m2m/model-config.yaml; default: the largest chat model that fits",
        examples=["chat"],
    )
    strict: bool = Field(False, description="refuse to serve less than was asked for, instead of saying so")
    backends: Annotated[tuple[Backend, ...], NoDecode] = Field(
        (),
        description=f"servers that run already, first choice first: {_EXAMPLE}; kind is ollama, vllm or openai; "
        "api_key where one is asked for, optional where it may not be there",
    )

    @field_validator("backends", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError(f"backends are a JSON list, like {_EXAMPLE}") from None

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [backend.name for backend in self.backends]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"backends need a name each, {twice} stand twice")
        return self
