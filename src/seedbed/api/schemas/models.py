"""Describe the language models that are served.

src/seedbed/api/schemas/models.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- ServedModel
    BaseModel <|-- ModelList
    ModelList ..> ServedModel : holds
```
"""

from typing import Any, Literal

from pydantic import BaseModel, Field


class ServedModel(BaseModel):
    """One model, in the shape that OpenAI's clients know."""

    id: str = Field(examples=["llama3.2:3b-instruct-q4_K_M"])
    object: Literal["model"] = "model"
    created: int = Field(description="0 where the server does not say")
    owned_by: str = Field(description="the backend that answers for it", examples=["local"])
    digest: str | None = Field(None, description="of the weights, where the server tells")
    details: dict[str, Any] = Field({}, description="what else the server tells of it")


class ModelList(BaseModel):
    """Every model that a server has."""

    object: Literal["list"] = "list"
    data: list[ServedModel]
