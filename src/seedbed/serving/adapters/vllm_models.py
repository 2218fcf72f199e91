"""Ask a running vLLM which model it serves and how full it is.

src/seedbed/serving/adapters/vllm_models.py - v0.1.0

```mermaid
classDiagram
    ModelServer <|-- VllmModels
    VllmModels ..> Loaded : returns
    VllmModels ..> WorldError : raises
```
"""

import re
from typing import Any, final

import httpx

from seedbed.errors import UserError, WorldError
from seedbed.progress import Progress
from seedbed.serving.config import Backend
from seedbed.serving.servers import Loaded, ModelServer

_TIMEOUT_S = 5.0


@final
class VllmModels(ModelServer):
    """One vLLM; of /metrics it reads what is the same in all of them."""

    def __init__(self, backend: Backend) -> None:
        self._url = backend.url
        key = backend.api_key.get_secret_value() if backend.api_key else None
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    def version(self) -> str:  # noqa: D102 - the port says it
        answer = self._get("/version").json()
        return str(answer.get("version", "?"))

    def loaded(self) -> list[Loaded]:  # noqa: D102
        served: list[dict[str, Any]] = self._get("/v1/models").json().get("data", [])
        metrics = self._get("/metrics").text
        running, cache = _metric(metrics, "num_requests_running"), _metric(metrics, "kv_cache_usage_perc")
        return [
            Loaded(
                model=str(each["id"]),
                context_tokens=each.get("max_model_len"),
                requests_running=None if running is None else int(running),
                cache_used=cache,
            )
            for each in served
        ]

    def digest(self, model: str) -> str | None:  # noqa: ARG002, D102 - vLLM does not tell which commit it loaded
        return None

    def pull(self, model: str, alias: str, progress: Progress) -> str:  # noqa: ARG002, D102
        raise UserError(f"vLLM fetches {model} when it starts. Example: seedbed serve llm --profile gpu")

    def _get(self, path: str) -> httpx.Response:
        try:
            answer = httpx.get(self._url + path, headers=self._headers, timeout=_TIMEOUT_S, trust_env=False)
            return answer.raise_for_status()
        except httpx.HTTPError as error:
            raise WorldError(f"vLLM at {self._url} does not answer: {error}. Next: seedbed serve llm") from error


def _metric(text: str, name: str) -> float | None:
    """Return the sum over engines of a gauge in Prometheus's text format, None when it is not there."""
    values = re.findall(rf"^vllm:{name}(?:\{{[^}}]*\}})? ([0-9.eE+-]+)$", text, re.MULTILINE)
    return sum(map(float, values)) if values else None
