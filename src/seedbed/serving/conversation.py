"""Hold what is said to a language model, and what it says.

src/seedbed/serving/conversation.py - v0.1.0

```mermaid
classDiagram
    BaseModel <|-- Message
    BaseModel <|-- Question
    Question ..> Message : holds
```
"""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

type Role = Literal["system", "user", "assistant"]


class Message(BaseModel):
    """One turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    content: str


class Question(BaseModel):
    """A conversation to go on with, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[Message, ...] = Field(min_length=1)
    model: str | None = None
    """As the server names it; default: what it takes without one."""
    max_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0)
    seed: int | None = None
    json_schema: dict[str, Any] | None = None
    """What the answer has to be; JSON then."""


class Piece(NamedTuple):
    """A part of an answer, as it came."""

    text: str
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Of the whole answer; in the last pieces, where the server counts."""
