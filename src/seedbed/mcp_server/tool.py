"""Describe one thing that an agent can ask for.

src/seedbed/mcp_server/tool.py - v0.1.0

```mermaid
classDiagram
    Tool ..> BaseModel : takes
    Tool ..> Services : asks
```
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seedbed.api.schemas.comparison import RUN_ID
from seedbed.api.services import Services


@dataclass(frozen=True, slots=True)
class Tool:
    """A name, what is asked, what is answered, and who does it."""

    name: str
    description: str
    asked: type[BaseModel]
    answered: type[BaseModel]
    scope: str
    """What a token has to have, over HTTP."""
    work: Callable[[Services, Any], Awaitable[BaseModel]]
    """Takes the services and what is asked."""
    is_read_only: bool = True


class RunChoice(BaseModel):
    """Which run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str = Field(pattern=RUN_ID, description="id of a run, or 4 of its digits or more")


class Nothing(BaseModel):
    """No arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid")
