"""Describe what is answered about entities.

src/seedbed/api/schemas/ner_answer.py - v0.1.0

Routes write these answers themselves: building them again as models would cost more than some models take to find them.

```mermaid
classDiagram
    BaseModel <|-- NerEntity
    BaseModel <|-- NerResult
    BaseModel <|-- NerAnswer
    NerAnswer ..> NerResult : holds
    NerAnswer ..> NerModel : holds
```
"""

from typing import Literal

from pydantic import BaseModel, Field

from seedbed.api.schemas.ner_model import NerLimits, NerModel


class NerEntity(BaseModel):
    """A name in the text."""

    text: str = Field(examples=["Oslo"])
    label: str = Field(examples=["GPE"])
    start: int = Field(description="first character, in code points: `text[start:end]` in Python")
    end: int = Field(description="character after its last one")
    start_utf16: int = Field(description="in UTF-16 units: `text.slice(start_utf16, end_utf16)` in JavaScript")
    end_utf16: int
    sentence: int = Field(description="which sentence it stands in; the first is 0")
    score: float | None = Field(description="a calibrated probability; null: the model has none, as those of spaCy")


class NerResult(BaseModel):
    """The answer to one text."""

    id: str | None = Field(description="the item's; null for a single text")
    entities: list[NerEntity] | None = Field(description="in reading order, without overlap; null: see error")
    num_tokens: int
    truncated: bool = Field(description="the model read only the beginning")
    error: str | None = Field(description="why there is no answer to this text")


class NerAnswer(BaseModel):
    """One answer per text, in order."""

    model_version: Literal["v1"] = "v1"
    model: NerModel
    limits: NerLimits
    results: list[NerResult]
