"""Talk to an Ollama server.

src/seedbed/serving/adapters/ollama_http.py - v0.1.0

It has OpenAI's paths too; only its own list of models has their digests. The `ollama` package is not used: it sends
OLLAMA_API_KEY, which belongs to somebody else's cloud, to whatever address it is given.

```mermaid
classDiagram
    ChatServer <|-- OllamaServer
    OllamaServer ..> OpenAiServer : asks
    OllamaServer ..> WorldError : raises
```
"""

from collections.abc import Generator, Sequence
from typing import final

from seedbed.errors import WorldError
from seedbed.serving.adapters.openai_http import OpenAiServer
from seedbed.serving.config import Backend
from seedbed.serving.conversation import Piece, Question
from seedbed.serving.ports import ChatServer, ServedModel


@final
class OllamaServer(ChatServer):
    """Ollama."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._server = OpenAiServer(backend)

    def models(self) -> Sequence[ServedModel]:
        """Ask /api/tags."""
        try:
            return [
                ServedModel(entry["name"], entry["digest"], entry.get("details") or {})
                for entry in self._server.ask("GET", "/api/tags")["models"]
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise WorldError(
                f"what answers at {self._backend.url} is no Ollama: {error!r}; see kind in SEEDBED_LLM__BACKENDS"
            ) from error

    def stream(self, question: Question) -> Generator[Piece]:
        """Ask by OpenAI's path."""
        return self._server.stream(question)

    def can_score_prompts(self, model: str) -> bool:
        """Ask by OpenAI's path."""
        return self._server.can_score_prompts(model)

    def close(self) -> None:
        """Close the pool."""
        self._server.close()
