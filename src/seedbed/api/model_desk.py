"""Search and embed in the one thread that has the model.

src/seedbed/api/model_desk.py - v0.1.0

An embedded store belongs to one process at a time, so an index is closed when nobody has asked for a moment: that is
when `seedbed index` gets in. The encoder stays loaded.

```mermaid
stateDiagram-v2
    [*] --> _open : search
    _open --> _release : IDLE_S
    _release --> [*]
```
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple, final

from starlette.exceptions import HTTPException

from seedbed import wiring
from seedbed.api.lane import Lane
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.errors import UserError
from seedbed.indexing.chunks import normalized
from seedbed.indexing.search import Searcher
from seedbed.missing import MissingError
from seedbed.settings import Settings
from seedbed.stores.point import Hit

IDLE_S = 2.0
"""Less than an indexing process waits for the store."""
MAX_OPEN_S = 30.0
"""Then it is looked up again: the index may have been made anew."""


class _Opened(NamedTuple):
    asked_for: str | None
    alias: str
    searcher: Searcher
    closing: ExitStack
    since: float


@final
class ModelDesk:
    """Answers from one index at a time."""

    def __init__(self, settings: Settings, lane: Lane) -> None:
        self._settings = settings
        self._lane = lane
        self._loaded: tuple[EmbeddingConfig, Embedder] | None = None
        self._opened: _Opened | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def search(self, index: str | None, query: str, k: int, document_id: str | None) -> tuple[str, list[Hit]]:
        """Return the index that was searched, and the chunks nearest to the query, best first.

        Raises:
            MissingError: there is no such index, or not with these settings.
            WorldError: the store is in use, away, or has lost the index.
        """
        where = None if document_id is None else {"document_id": document_id}

        def look() -> tuple[str, list[Hit]]:
            try:
                opened = self._open(index)
            except UserError as error:
                raise MissingError(str(error)) from error
            return opened.alias, opened.searcher([query], k, where)[0]

        try:
            return await self._lane.run(look)
        finally:
            self._close_later()

    async def embed(self, texts: Sequence[str], prompt: str) -> Embeddings:
        """Return the vectors that texts have in an index made with these settings."""
        prompted = [prompt + normalized(text) for text in texts]
        return await self._lane.run(
            lambda: self._encoder(self._settings.embedding, self._settings.home).embed(prompted)
        )

    def warm(self) -> None:
        """Begin to load the model, which may take longer than a request may."""
        self._lane.start(self._embed_one)

    async def check_model(self) -> None:
        """Raise what keeps a text from being embedded."""
        await self._lane.run(self._embed_one)

    async def check(self) -> None:
        """Raise what keeps the newest index from being searched.

        Raises:
            MissingError: nothing has been indexed yet.
            UserError, WorldError: something has been, and cannot be searched.
        """

        def look() -> None:
            was_open = self._opened is not None
            self._open(None)
            if not was_open:
                self._release()

        await self._lane.run(look)

    async def close(self) -> None:
        """Close the index, after what is being answered."""
        if self._timer is not None:
            self._timer.cancel()
        with suppress(HTTPException):
            await self._lane.run(self._release)
        self._lane.close()

    def _close_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(IDLE_S, self._close_now)

    def _close_now(self) -> None:
        with suppress(HTTPException):  # so busy that it is not idle
            self._lane.start(self._release)

    def _open(self, index: str | None) -> _Opened:
        opened = self._opened
        if opened and opened.asked_for == index and time.monotonic() - opened.since < MAX_OPEN_S:
            return opened
        self._release()
        closing = ExitStack()
        home = self._settings.home
        found = wiring.open_search(index, self._settings.store, home, self._settings.indexing, self._encoder)
        alias, searcher = closing.enter_context(found)
        self._opened = _Opened(index, alias, searcher, closing, time.monotonic())
        return self._opened

    def _release(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.closing.close()

    def _embed_one(self) -> None:
        self._encoder(self._settings.embedding, self._settings.home).embed(["ready"])

    def _encoder(self, config: EmbeddingConfig, home: Path) -> Embedder:
        if self._loaded is None or self._loaded[0] != config:
            self._loaded = (config, wiring.embedder(config, home))
        return self._loaded[1]
