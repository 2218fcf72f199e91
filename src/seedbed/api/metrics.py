"""Count what the API does, for Prometheus.

src/seedbed/api/metrics.py - v0.1.0

Labels are the templates of routes and never paths: a caller must not be able to make new time series.

```mermaid
classDiagram
    Metrics ..> Counter : holds
    Metrics ..> Gauge : holds
    Metrics ..> Histogram : holds
```
"""

import os
from typing import final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from seedbed.api.llm.numbers import LlmNumbers
from seedbed.ner.entity import ModelIdentity

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The client's own variable: where several workers put their numbers together."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TEXTS = (1, 2, 4, 8, 16, 32, 64)


@final
class Metrics:
    """The numbers of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "seedbed_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "seedbed_http_request_seconds",
            "From the request line to the end of the answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.in_flight = Gauge(
            "seedbed_http_requests_in_flight",
            "Requests that are being answered.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.jobs = Gauge(
            "seedbed_jobs",
            "Pieces of work that wait for a thread or have one.",
            ["lane"],
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.waiting_texts = Gauge(
            "seedbed_ner_waiting_texts",
            "Texts that wait for the NER model.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.batch_texts = Histogram(
            "seedbed_ner_batch_texts",
            "Texts given to the NER model at once.",
            buckets=_TEXTS,
            registry=self._registry,
        )
        self._model_info = Gauge(
            "seedbed_ner_model_info",
            "1 for the NER model that answers.",
            ["name", "version", "digest"],
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._named: tuple[str, ...] | None = None
        self.llm = LlmNumbers(self._registry)

    def name_model(self, identity: ModelIdentity) -> None:
        """Say which NER model answers from now on."""
        if self._named is not None:
            self._model_info.labels(*self._named).set(0)
        self._named = identity.name, identity.version, identity.digest
        self._model_info.labels(*self._named).set(1)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request that was answered."""
        method = method if method in _METHODS else "OTHER"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def exposition(self) -> bytes:
        """Return all of it in Prometheus' text format, of all workers where there are several."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
