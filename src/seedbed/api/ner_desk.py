"""Find entities with the one model of this process.

src/seedbed/api/ner_desk.py - v0.1.0

```mermaid
classDiagram
    NerDesk ..> Batcher : asks
    NerDesk ..> Recognizer : loads
    NerDesk ..> ModelIdentity : returns
```
"""

import asyncio
from collections.abc import Sequence
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


@final
class NerDesk:
    """Answers items; the model is loaded when it is first needed."""

    def __init__(self, recognizer: Recognizer, lane: Lane, metrics: Metrics) -> None:
        self._recognizer, self._lane, self._metrics = recognizer, lane, metrics
        self._batcher = Batcher(recognizer.recognize, lane, metrics)
        self._identity: ModelIdentity | None = None
        self._loading: asyncio.Future[ModelIdentity] | None = None

    async def identity(self) -> ModelIdentity:
        """Return which model answers.

        Raises:
            WorldError: it cannot be loaded.
        """
        if self._identity is not None:
            return self._identity
        if self._loading is None or self._loading.done():  # one load, however many wait for it
            self._loading = asyncio.wrap_future(self._lane.start(self._load))
        return await asyncio.shield(self._loading)

    async def answers(self, items: Sequence[Item], wanted: Filter = EVERYTHING) -> list[dict[str, Any]]:
        """Return the answer to every item, in order; a bad one has its reason instead.

        Raises:
            HTTPException: 429, too much is waiting.
            WorldError: the model cannot be loaded.
        """
        max_chars = (await self.identity()).max_chars
        faults = [fault_of(text, max_chars) for _, text in items]
        texts = [str(text) for (_, text), fault in zip(items, faults, strict=True) if fault is None]
        return answers_of(items, faults, await self._batcher.answers(texts), wanted)

    def warm(self) -> None:
        """Begin to load the model."""
        self._lane.start(self._warm)

    async def check(self) -> None:
        """Raise what keeps a text from being answered.

        Raises:
            MissingError: there is no model yet, and none was asked for.
            WorldError: there is one that does not answer.
        """
        try:
            answer = (await self.answers([("ready", "Ready in Oslo.")]))[0]
        except WorldError as error:
            if isinstance(error.__cause__, MissingError):
                raise error.__cause__ from error
            raise
        if answer["error"] is not None:
            raise WorldError(f"the NER model fails: {answer['error']}")

    def close(self) -> None:
        """Let nothing new begin."""
        self._lane.close()

    def _warm(self) -> None:
        with suppress(WorldError):  # /ready says it, and so does every request
            self._load()
            self._recognizer.recognize(["Ready in Oslo."])

    def _load(self) -> ModelIdentity:
        try:
            self._identity = self._recognizer.identity()
        except UserError as error:  # of whoever configured it, which is not who asks
            raise WorldError(str(error)) from error
        self._metrics.name_model(self._identity)
        return self._identity
