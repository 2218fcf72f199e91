"""Ask a server of language models what it really runs, and have it fetch a model.

src/seedbed/serving/servers.py - v0.1.0

```mermaid
classDiagram
    ModelServer ..> Loaded : returns
    ModelServer ..> Progress : takes
```
"""

from abc import ABC, abstractmethod

from pydantic import BaseModel, ConfigDict

from seedbed.progress import Progress


class Loaded(BaseModel):
    """One model in the memory of a server; None where the server does not tell."""

    model_config = ConfigDict(frozen=True)

    model: str
    digest: str | None = None
    size_bytes: int | None = None
    gpu_bytes: int | None = None
    """Of these, on GPUs."""
    context_tokens: int | None = None
    requests_running: int | None = None
    cache_used: float | None = None
    """Share of the KV cache that is in use."""


class ModelServer(ABC):
    """A server that is up."""

    @abstractmethod
    def version(self) -> str:
        """Return the version of the engine.

        Raises:
            WorldError: it does not answer, or is another kind of server.
        """

    @abstractmethod
    def loaded(self) -> list[Loaded]:
        """Return the models in memory, possibly none."""

    @abstractmethod
    def digest(self, model: str) -> str | None:
        """Return the digest under which it has the model on disk, None when it has not."""

    @abstractmethod
    def pull(self, model: str, alias: str, progress: Progress) -> str:
        """Fetch the model, let the server know it as `alias` too, and return its digest.

        Raises:
            UserError: there is no such model, or this kind of server fetches at start only.
            WorldError: it could not be fetched.
        """
