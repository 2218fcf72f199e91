"""Let agents search the index and find entities.

src/seedbed/mcp_server/model_tools.py - v0.1.0

Index and models are loaded when they are first asked for, which takes seconds.

```mermaid
flowchart LR
    MODEL_TOOLS --> search & find_entities
    search --> SearchAsked
    find_entities --> TextAsked & NerAnswer
```
"""

from pydantic import Field

from seedbed.api.routes import ner
from seedbed.api.routes import search as searching
from seedbed.api.schemas.ner import NerText
from seedbed.api.schemas.ner_answer import NerAnswer
from seedbed.api.schemas.search import SearchAnswer, SearchRequest
from seedbed.api.services import Services
from seedbed.api.tokens import Caller
from seedbed.mcp_server.tool import Tool

_NOBODY = Caller("agent", frozenset())
"""Owns what becomes a job, which so short a text never does."""


class SearchAsked(SearchRequest):
    """What to look for."""

    k: int = Field(10, ge=1, le=20, description="how many chunks")


class TextAsked(NerText):
    """One text."""

    text: str = Field(max_length=20_000)


async def search(services: Services, asked: SearchAsked) -> SearchAnswer:
    """Return the nearest chunks."""
    return await searching.search(services, asked)


async def find_entities(services: Services, asked: TextAsked) -> NerAnswer:
    """Return the names in a text."""
    answer = await ner.find(services, _NOBODY, asked)
    return NerAnswer.model_validate_json(bytes(answer.body))


MODEL_TOOLS = (
    Tool(
        "search",
        "Search the indexed documents: the chunks whose meaning is nearest to the query.",
        SearchAsked,
        SearchAnswer,
        "search",
        search,
    ),
    Tool(
        "find_entities",
        "Find names of people, places, organisations and so on in a text.",
        TextAsked,
        NerAnswer,
        "ner",
        find_entities,
    ),
)
