"""Describe embeddings as they go over the wire, in the shape that OpenAI's clients know.

src/seedbed/api/schemas/embeddings.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- EmbeddingsRequest
    BaseModel <|-- Embedding
    BaseModel <|-- EmbeddingsAnswer
    EmbeddingsAnswer ..> Embedding : holds
```
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from seedbed.api.schemas.search import Text

MAX_TEXTS = 256


class EmbeddingsRequest(BaseModel):
    """Texts to embed."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"model": "all-MiniLM-L6-v2", "input": ["parse a date", "read a file"]}]},
    )

    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]
    model: str | None = Field(None, max_length=500, description="the one that is served; anything else is not found")
    encoding_format: Literal["float", "base64"] = Field("float", description="base64: float32, little-endian")
    dimensions: int | None = Field(None, ge=1, le=100_000, description="those of the model, nothing else")
    input_type: Literal["document", "query"] = Field(
        "document", description="which of the model's prompts is put first"
    )
    user: str | None = Field(None, max_length=500, description="taken and not used, for clients that send it")


class Embedding(BaseModel):
    """One vector, of length 1."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str
    truncated: bool = Field(description="the text was longer than the model reads")


class EmbeddingsAnswer(BaseModel):
    """One vector per text, in order."""

    model_version: Literal["v1"] = "v1"
    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: dict[Literal["prompt_tokens", "total_tokens"], int]
