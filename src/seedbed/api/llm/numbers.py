"""Count what language models were asked and said, for Prometheus.

src/seedbed/api/llm/numbers.py - v0.1.0

Labels are names of backends, which the settings bound; models are named by callers and servers, and nobody bounds them.

```mermaid
classDiagram
    LlmNumbers ..> Counter : holds
    LlmNumbers ..> Gauge : holds
    LlmNumbers ..> Histogram : holds
```
"""

from collections.abc import Mapping
from typing import Any, final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FIRST_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_PIECE_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_ALL_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900)


@final
class LlmNumbers:
    """The numbers of one gateway."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answers = Counter(
            "seedbed_llm_answers",
            "Requests by how they ended: ok, refused, client_gone, time_limit, server_stopping, backend_error, "
            "backend_lost, backend_silent.",
            ["backend", "outcome"],
            registry=registry,
        )
        self.failovers = Counter(
            "seedbed_llm_failovers", "Times a backend could not answer.", ["backend"], registry=registry
        )
        self.tokens = Counter(
            "seedbed_llm_tokens", "Tokens as the backend counts them.", ["backend", "kind"], registry=registry
        )
        self.first_s = Histogram(
            "seedbed_llm_first_byte_seconds",
            "From the request to the first byte of the answer.",
            ["backend"],
            buckets=_FIRST_S,
            registry=registry,
        )
        self.token_s = Histogram(
            "seedbed_llm_token_seconds",
            "Time between tokens of a stream, its mean.",
            ["backend"],
            buckets=_PIECE_S,
            registry=registry,
        )
        self.all_s = Histogram(
            "seedbed_llm_answer_seconds",
            "From the request to the end of the answer.",
            ["backend"],
            buckets=_ALL_S,
            registry=registry,
        )
        self.open_streams = Gauge(
            "seedbed_llm_in_flight",
            "Requests that a backend is answering.",
            ["backend"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.resting = Gauge(
            "seedbed_llm_backend_resting",
            "1 while a backend is left alone because it failed.",
            ["backend"],
            registry=registry,
            multiprocess_mode="livemax",
        )

    def count_tokens(self, backend: str, usage: Mapping[str, Any]) -> None:
        """Add what a backend counted."""
        for kind in ("prompt", "completion"):
            number = usage.get(f"{kind}_tokens")
            if isinstance(number, int) and number > 0:
                self.tokens.labels(backend, kind).inc(number)
