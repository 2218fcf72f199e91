"""Test that every route does what m2m/openapi.json says, whatever is sent to it, with a token and without.

tests/integration/test_api_schema.py - v0.1.0
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import hypothesis
import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck

from seedbed.api.app import create_app
from seedbed.api.llm.events import Transcript
from seedbed.api.llm.upstream import Model
from seedbed.api.metrics import Metrics
from seedbed.api.ner_desk import NerDesk
from seedbed.api.readiness import Readiness
from seedbed.api.tokens import SCOPES, mint
from seedbed.embedding.ports import Embeddings
from seedbed.missing import MissingError
from seedbed.ner.jobs import Jobs
from seedbed.orchestration.ports import FlowRun, FlowRuns
from seedbed.settings import load_settings
from seedbed.stores.point import Hit
from tests.unit.api.capitals import Capitals
from tests.unit.api.test_experiments import Shelf, record

pytestmark = pytest.mark.slow
FEW = hypothesis.settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
KNOWN = UUID("6d1e0000-0000-4000-8000-000000000000")


class Desk:
    """Finds one chunk, embeds everything alike."""

    async def search(self, index, query, k, document_id):
        if index is not None:
            raise MissingError(f"index {index!r} is unknown")
        payload = {"document_id": "d", "title": "", "text": "t", "start": 0, "end": 1, "meta_year": 2026}
        return "corpus", [Hit("id", 0.5, payload)]

    async def embed(self, texts, prompt):
        count = len(texts)
        return Embeddings(np.full((count, 4), 0.5, np.float32), np.ones(count, np.int32), np.zeros(count, np.bool_))


class Flows(FlowRuns):
    """Knows one deployment and one run."""

    def start(self, deployment, parameters, once):
        if deployment != "embed-corpus/dev" and not deployment.startswith("recognize-"):
            raise MissingError(f"deployment {deployment!r} is not known")
        return self.get(KNOWN)

    def get(self, run_id):
        if run_id != KNOWN:
            raise MissingError(f"flow run '{run_id}' is not known")
        return FlowRun(KNOWN, "SCHEDULED", "", datetime.now(UTC), None, None)

    def check(self): ...


class Llm:
    """Has one model, which always says the same."""

    numbers = Metrics().llm

    async def models(self):
        return [("b0", Model("tiny", 1, None, {}))]

    async def open(self, path, body):
        transcript = Transcript(shows_usage=True)
        said = b'{"choices": []}' if not body["stream"] else b""
        upstream, parts = SimpleNamespace(name="b0"), _last_word()
        return SimpleNamespace(
            upstream=upstream, status=200, transcript=transcript, is_stream=body["stream"], first=said,
            rest=lambda: parts, close=works,
        )  # fmt: skip

    def left(self): ...


async def _last_word():
    yield b"data: [DONE]\n\n"


async def works(): ...


def application():
    """Return an application over doubles; nothing of it touches the disk."""
    explicit = {"home": "/nonexistent", "api.key": "k" * 32, "api.rate_limit": "1000000/second"}
    app = create_app(load_settings({}, Path("/"), explicit))
    services = app.state.services
    services.__dict__["_archive"] = Shelf([record(number) for number in range(1, 4)])
    services.desk, services.flow_runs, services.llm = Desk(), Flows, Llm()
    services.ner = NerDesk(Capitals(), services.ner._lane, services.metrics)
    services.jobs = Jobs(Path(tempfile.mkdtemp()))
    services.settings = services.settings.model_copy(update={"prefect_api_url": "http://127.0.0.1:9/api"})
    services.readiness = Readiness({"runs": works})
    return app


async def without_lifespan(scope, receive, send):
    """Serve the application, which must not be closed: the client starts and stops it around each request."""
    if scope["type"] != "lifespan":
        await APP(scope, receive, send)
        return
    for moment in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{moment}.complete"})


APP = application()
schema = schemathesis.openapi.from_dict(APP.openapi())
schema.app = without_lifespan


@schema.parametrize()
@FEW
def test_a_holder_of_every_scope_gets_what_is_described(case):
    token = mint(APP.state.services.settings, "ada", SCOPES, 3600)
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"})


@schema.parametrize()
@FEW
def test_a_stranger_gets_what_is_described(case):
    answer = case.call_and_validate(headers={"Authorization": ""})
    is_open = case.operation.path in {"/health", "/ready", "/metrics"}
    assert is_open or answer.status_code in (401, 405)
