"""Hold what the routes use: made when it is first needed, closed when the API stops.

src/seedbed/api/services.py - v0.1.0

```mermaid
classDiagram
    Services ..> Authority : holds
    Services ..> Lane : holds
    Services ..> ModelDesk : holds
    Services ..> NerDesk : holds
    Services ..> Gateway : holds
    Services ..> Readiness : holds
```
"""

import threading
from functools import cached_property
from typing import final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from seedbed import wiring, wiring_ner
from seedbed.api.lane import Lane
from seedbed.api.llm.gateway import Gateway
from seedbed.api.metrics import Metrics
from seedbed.api.model_desk import ModelDesk
from seedbed.api.ner_desk import NerDesk
from seedbed.api.rates import Rates
from seedbed.api.readiness import Check, Readiness
from seedbed.api.tokens import Authority
from seedbed.errors import WorldError
from seedbed.missing import MissingError
from seedbed.ner.jobs import Jobs
from seedbed.orchestration.ports import FlowRuns
from seedbed.settings import Settings
from seedbed.tracking.ports import RunArchive

_READERS, _WAITING_READERS = 4, 32
_WAITING_TEXTS = 64
_WAITING_CALLS = 4
"""Loading the model, and going through what the batcher holds."""


@final
class Services:
    """Everything behind the routes of one application."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings.

        Raises:
            UserError: nothing says who may come in.
        """
        self.settings = settings
        self.metrics = Metrics()
        self.authority = Authority(settings)
        self.rates = Rates(settings.api)
        self.readers = Lane("runs", num_threads=_READERS, num_waiting=_WAITING_READERS, jobs=self.metrics.jobs)
        self.desk = ModelDesk(
            settings, Lane("model", num_threads=1, num_waiting=_WAITING_TEXTS, jobs=self.metrics.jobs)
        )
        self.ner = NerDesk(
            wiring_ner.recognizer(settings.ner, settings.home, settings.tracking),
            Lane("ner", num_threads=1, num_waiting=_WAITING_CALLS, jobs=self.metrics.jobs),
            self.metrics,
            wiring_ner.newer_recognizer(settings.ner, settings.home, settings.tracking),
        )
        self.jobs = Jobs(settings.home)
        backends = wiring.chat_backends(settings.llm)
        self.llm = Gateway(backends, self.metrics.llm, wiring.names_by_backend(backends), settings.llm.model)
        self._opening = threading.Lock()
        self.readiness = Readiness(self._checks())

    def archive(self) -> RunArchive:
        """Return where recorded runs are read; called in a reader's thread."""
        with self._opening:
            return self._archive

    def flow_runs(self) -> FlowRuns:
        """Return what starts deployments.

        Raises:
            HTTPException: 503, no server is configured.
        """
        if self.settings.prefect_api_url is None:
            raise HTTPException(503, "no Prefect server is configured; whoever runs this API sets PREFECT_API_URL")
        return wiring.flow_runs(self.settings.prefect_api_url)

    async def close(self) -> None:
        """Let no new work begin."""
        self.readers.close()
        await self.desk.close()
        self.ner.close()
        await self.llm.close()
        await self.rates.close()

    @cached_property
    def _archive(self) -> RunArchive:
        return wiring.archive(self.settings.tracking, self.settings.home)

    def _checks(self) -> dict[str, Check]:
        checks: dict[str, Check] = {"runs": self._check_runs, "model": self.desk.check_model, "ner": self.ner.check}
        checks["index"] = self.desk.check
        if self.settings.prefect_api_url is not None:
            checks["prefect"] = self._check_prefect
        if self.settings.llm.backends:
            checks["llm"] = self._check_llm
        if self.rates.is_shared:
            checks["redis"] = self.rates.check
        if self.authority.issuer_keys is not None:
            checks["issuer"] = self.authority.issuer_keys.refresh
        return checks

    async def _check_llm(self) -> None:
        try:
            await self.llm.check()
        except WorldError as error:
            if all(each.optional for each in self.settings.llm.backends):
                raise MissingError(str(error)) from error
            raise

    async def _check_runs(self) -> None:
        await self.readers.run(lambda: self.archive().find(limit=1))

    async def _check_prefect(self) -> None:
        await self.readers.run(lambda: self.flow_runs().check())


async def services_of(request: Request) -> Services:
    """Return the services of the application that got the request; asynchronous, for else it takes a thread."""
    services: Services = request.app.state.services
    return services
