"""Find entities with one model, until there is a newer one.

src/seedbed/api/ner_desk.py - v0.1.0

Answers and the name of the model that gave them come from one object, so that a change between them tells no lie.

```mermaid
classDiagram
    NerDesk ..> ServedModel : returns
    NerDesk ..> Recognizer : loads
    ServedModel ..> Batcher : asks
    ServedModel ..> ModelIdentity : holds
```
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, final

from seedbed.api.batcher import Batcher
from seedbed.api.lane import Lane
from seedbed.api.metrics import Metrics
from seedbed.errors import UserError, WorldError
from seedbed.missing import MissingError
from seedbed.ner.answers import EVERYTHING, Filter, Item, answers_of, fault_of
from seedbed.ner.entity import ModelIdentity
from seedbed.ner.ports import Recognizer

logger = logging.getLogger(__name__)

type Newer = Callable[[ModelIdentity], Recognizer | None]
"""Returns what is to answer instead of the model that does; None while that is the one."""

LOOK_EVERY_S = 60.0


@final
class ServedModel:
    """A model that is loaded, and the texts that wait for it."""

    def __init__(self, recognizer: Recognizer, lane: Lane, metrics: Metrics) -> None:
        self.identity = recognizer.identity()
        self._batcher = Batcher(recognizer.recognize, lane, metrics)

    async def answers(self, items: Sequence[Item], wanted: Filter = EVERYTHING) -> list[dict[str, Any]]:
        """Return the answer to every item, in order; a bad one has its reason instead.

        Raises:
            HTTPException: 429, too much is waiting.
            WorldError: the model cannot be loaded.
        """
        faults = [fault_of(text, self.identity.max_chars) for _, text in items]
        texts = [str(text) for (_, text), fault in zip(items, faults, strict=True) if fault is None]
        return answers_of(items, faults, await self._batcher.answers(texts), wanted)


@final
class NerDesk:
    """Has the model: it is loaded when it is first needed, and another one when `newer` says so."""

    def __init__(self, recognizer: Recognizer, lane: Lane, metrics: Metrics, newer: Newer = lambda _: None) -> None:
        self._recognizer, self._lane, self._metrics, self._newer = recognizer, lane, metrics, newer
        self._served: ServedModel | None = None
        self._loading: asyncio.Future[ServedModel] | None = None
        self._following: asyncio.Task[None] | None = None

    async def served(self) -> ServedModel:
        """Return the model that answers.

        Raises:
            WorldError: it cannot be loaded.
        """
        if self._served is not None:
            return self._served
        if self._loading is None or self._loading.done():  # one load, however many wait for it
            self._loading = asyncio.wrap_future(self._lane.start(self._load))
        return await asyncio.shield(self._loading)

    def warm(self) -> None:
        """Begin to load the model, and to look for newer ones."""
        self._lane.start(self._warm)
        self._following = asyncio.create_task(self._follow())

    async def check(self) -> None:
        """Raise what keeps a text from being answered.

        Raises:
            MissingError: there is no model yet, and none was asked for.
            WorldError: there is one that does not answer.
        """
        try:
            answer = (await (await self.served()).answers([("ready", "Ready in Oslo.")]))[0]
        except WorldError as error:
            if isinstance(error.__cause__, MissingError):
                raise MissingError(str(error)) from error
            raise
        if answer["error"] is not None:
            raise WorldError(f"the NER model fails: {answer['error']}")

    def close(self) -> None:
        """Let nothing new begin."""
        if self._following is not None:
            self._following.cancel()
        self._lane.close()

    def _warm(self) -> None:
        with suppress(WorldError):  # /ready says it, and so does every request
            self._load()
            self._recognizer.recognize(["Ready in Oslo."])

    def _load(self) -> ServedModel:
        if self._served is not None:
            return self._served
        try:
            self._served = served = ServedModel(self._recognizer, self._lane, self._metrics)
        except UserError as error:  # of whoever configured it, which is not who asks
            raise WorldError(str(error)) from error
        self._metrics.name_model(served.identity)
        return served

    async def _follow(self) -> None:
        with suppress(Exception):  # /ready says it, and so does every request
            await self.served()
        while True:  # the first look imports what it looks with: now, when nobody waits yet, and not a minute later
            await asyncio.to_thread(self._renew)  # beside the thread that answers, which goes on with what it has
            await asyncio.sleep(LOOK_EVERY_S)

    def _renew(self) -> None:
        """Answer with a newer model from now on, where there is one that works; texts that wait get the old one's."""
        if (old := self._served) is None:
            return
        try:
            if (recognizer := self._newer(old.identity)) is None:
                return
            served = ServedModel(recognizer, self._lane, self._metrics)
            recognizer.recognize(["Ready in Oslo."])
        except Exception as error:  # whatever it is, the old one answers
            logger.warning("ner_model_not_renewed", extra={"reason": repr(error), "served": old.identity.digest})
            return
        self._served, self._recognizer = served, recognizer
        self._metrics.name_model(served.identity)
        logger.info("ner_model_renewed", extra={"served": served.identity.digest, "before": old.identity.digest})
