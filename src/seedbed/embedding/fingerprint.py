"""Say what makes two vectors comparable.

src/seedbed/embedding/fingerprint.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Fingerprint
    Fingerprint ..> digest_json : calls
```
"""

from functools import cached_property

from pydantic import BaseModel, ConfigDict, PositiveInt

from seedbed.digests import digest_json


class Fingerprint(BaseModel):
    """Everything about an encoder that changes the numbers it returns; known without loading the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    model_digest: str
    dimension: PositiveInt
    max_tokens: PositiveInt
    pooling: str
    normalized: bool
    precision: str
    backend: str

    @property
    def runtime(self) -> str:
        """What runs the model, and in which precision: "openvino fp32"."""
        return f"{self.backend} {self.precision}"

    @cached_property
    def digest(self) -> str:
        """32 hex digits that name this encoder."""
        return digest_json(self.model_dump(mode="json"))
