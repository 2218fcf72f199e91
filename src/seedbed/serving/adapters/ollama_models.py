"""Ask a running Ollama what it has loaded where, and have it fetch models.

src/seedbed/serving/adapters/ollama_models.py - v0.1.0

Ollama falls back to the processor without a word (ollama#10707); `size_vram` of /api/ps tells.
Proxies of the environment are not used, here and for vLLM: keys go to the address that the settings name.

```mermaid
classDiagram
    ModelServer <|-- OllamaModels
    OllamaModels ..> Loaded : returns
    OllamaModels ..> WorldError : raises
```
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import httpx
import ollama

from seedbed.errors import UserError, WorldError
from seedbed.progress import Progress
from seedbed.serving.config import Backend
from seedbed.serving.servers import Loaded, ModelServer

_TIMEOUT_S = 5.0
_SILENCE_S = 300.0
"""While it pulls, Ollama reports several times a second; verifying a large file takes minutes."""


@final
class OllamaModels(ModelServer):
    """One Ollama, by its native API."""

    def __init__(self, backend: Backend) -> None:
        self._url = backend.url
        key = backend.api_key.get_secret_value() if backend.api_key else None
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    def version(self) -> str:  # noqa: D102 - the port says it
        try:  # the package has no word for it
            answer = httpx.get(f"{self._url}/api/version", headers=self._headers, timeout=_TIMEOUT_S, trust_env=False)
            return str(answer.raise_for_status().json()["version"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise WorldError(f"no Ollama answers at {self._url}: {error}. Example: ollama serve") from error

    def loaded(self) -> list[Loaded]:  # noqa: D102
        with self._client() as client:
            found = client.ps().models
        return [
            Loaded(
                model=each.model or each.name or "?",
                digest=each.digest,
                size_bytes=each.size,
                gpu_bytes=each.size_vram or 0,
                context_tokens=each.context_length,
            )
            for each in found
        ]

    def digest(self, model: str) -> str | None:  # noqa: D102
        with self._client() as client:
            tags = {each.model: each.digest for each in client.list().models}
        return tags.get(model) or tags.get(f"{model}:latest")

    def pull(self, model: str, alias: str, progress: Progress) -> str:  # noqa: D102
        layers: dict[str, tuple[int, int]] = {}
        with self._client(_SILENCE_S) as client:
            for each in client.pull(model, stream=True):
                if each.digest and each.total:
                    layers[each.digest] = (each.completed or 0, each.total)
                    done, total = (sum(numbers) for numbers in zip(*layers.values(), strict=True))
                    progress(done, total, "bytes")
            client.copy(model, alias)
        if (digest := self.digest(model)) is None:
            raise WorldError(f"Ollama at {self._url} fetched {model}, and does not list it. Next: seedbed llm pull")
        return digest

    @contextmanager
    def _client(self, timeout_s: float = _TIMEOUT_S) -> Iterator[ollama.Client]:
        try:
            with ollama.Client(host=self._url, headers=self._headers, timeout=timeout_s, trust_env=False) as client:
                yield client
        except ollama.ResponseError as error:
            if "does not exist" in error.error:  # says the stream of a pull, with status 200
                raise UserError(
                    f"Ollama's library has no such model ({error.error}); see m2m/model-config.yaml"
                ) from error
            raise WorldError(f"Ollama at {self._url} refuses: {error.error}. Next: seedbed llm status") from error
        except (httpx.HTTPError, ConnectionError, ValueError) as error:
            raise WorldError(f"Ollama at {self._url} does not answer: {error}. Example: ollama serve") from error
