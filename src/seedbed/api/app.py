"""Put the API together.

src/seedbed/api/app.py - v0.1.0

```mermaid
flowchart LR
    create_app --> RequestContext --> CORSMiddleware --> Gate --> Bounds --> FastAPI
    create_app --> Services & install
    FastAPI --> health & experiments & search & embeddings & ner & chat & pipelines
```
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, final, override

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from seedbed.api import problems
from seedbed.api.auth import Gate
from seedbed.api.bounds import Bounds
from seedbed.api.request_id import HEADER, RequestContext
from seedbed.api.routes import chat, embeddings, experiments, health, ner, ner_jobs, page, pipelines, search
from seedbed.api.services import Services
from seedbed.settings import Settings


@final
class Api(FastAPI):
    """FastAPI that describes problems as it answers them."""

    @override
    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        template = "#/components/schemas/{model}"
        problem = problems.Problem.model_json_schema(ref_template=template)
        described["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
        return described


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it opens stores and models when they are first asked for.

    Raises:
        UserError: nothing says who may come in.
    """
    services = Services(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.desk.warm()
        services.ner.warm()
        yield
        await services.close()

    app = Api(
        title="Seedbed",
        version=version("seedbed"),
        description="Entities, recorded runs and search of one Seedbed home; see docs/how-to/serve-the-api.md.",
        openapi_url=None,  # it is m2m/openapi.json; pages that show it load scripts from elsewhere
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.services = services
    problems.install(app)
    for routes in (
        ner,
        search,
        embeddings,
        chat,
        health,
        experiments,
        ner_jobs,
        pipelines,
        page,
    ):  # tried in this order
        app.include_router(routes.router)
    # The last one added is the first to see a request.
    app.add_middleware(Bounds, max_body_bytes=settings.api.max_body_bytes)
    app.add_middleware(Gate, authority=services.authority, rates=services.rates)
    if settings.api.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.api.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", HEADER, "traceparent", "Idempotency-Key"],
            expose_headers=[HEADER, "Retry-After", "Location", "X-Seedbed-Backend"],
        )
    app.add_middleware(RequestContext, metrics=services.metrics)
    return app
