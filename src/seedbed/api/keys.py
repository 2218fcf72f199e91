"""Find the keys that tokens are signed with.

src/seedbed/api/keys.py - v0.1.0

PyJWT's own client asks the issuer again for every key id that it does not know, and anybody can make one up.

```mermaid
flowchart LR
    signing_key --> _made_once
    IssuerKeys --> PyJWK & WorldError
```
"""

import asyncio
import logging
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, final

import httpx
import jwt
from jwt import PyJWK

from seedbed.api_section import MIN_KEY_BYTES
from seedbed.errors import WorldError
from seedbed.locks import make_folder
from seedbed.logging_redaction import remember_secrets
from seedbed.settings import Settings

logger = logging.getLogger(__name__)

KEY_FILE = "api.key"
"""Below the home folder; for dev alone."""
FRESH_S = 300.0
PATIENCE_S = 30.0
"""The issuer is asked at most this often, whatever callers send."""
USABLE_S = 3600.0
"""Keys that could not be asked for again are good for this long."""
_TIMEOUT_S = 5.0
_MAX_BYTES = 262_144
_MAX_KEYS = 50
_ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}


def signing_key(settings: Settings) -> str:
    """Return the key of the settings, or the one of the home folder, made when it is not there.

    Raises:
        WorldError: the file cannot be written or read, or holds no key.
    """
    if settings.api.key is not None:
        return settings.api.key.get_secret_value()
    path = settings.home / KEY_FILE
    try:
        make_folder(settings.home)
        if not path.exists():
            _made_once(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"key file {path} cannot be used: {error}; delete it, or set SEEDBED_API__KEY") from error
    if len(key) < MIN_KEY_BYTES:
        raise WorldError(f"key file {path} holds no key of {MIN_KEY_BYTES} bytes or more; delete it, and one is made")
    remember_secrets({key})
    return key


def _made_once(path: Path) -> None:
    """Write a key; of several processes that try at once, one succeeds, and nobody reads half of a key."""
    mine = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(MIN_KEY_BYTES)}\n")
        os.link(mine, path)
    except FileExistsError:
        pass
    finally:
        mine.unlink()


@final
class IssuerKeys:
    """The public keys of an issuer, asked for when they are needed, and kept."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._is_away = False
        self._asking = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    async def find(self, key_id: object) -> PyJWK:
        """Return the key of that id; while the issuer is away nobody waits for it who has a known one.

        Raises:
            PyJWKSetError: the issuer has no such key.
            WorldError: the issuer does not answer, and no keys are known.
        """
        age_s = time.monotonic() - self._fetched_at
        known = self._keys.get(str(key_id)) if age_s < (USABLE_S if self._is_away else FRESH_S) else None
        if known is not None:
            if age_s >= FRESH_S and (self._background is None or self._background.done()):
                self._background = asyncio.create_task(self._refresh_quietly())
            return known
        await self.refresh(wanted=str(key_id))
        try:
            return self._keys[str(key_id)]
        except KeyError:
            raise jwt.PyJWKSetError("the issuer has no key of that id") from None

    async def refresh(self, wanted: str | None = None) -> None:
        """Ask the issuer when its keys are old or the wanted one is unknown, and not more often than it stands.

        Raises:
            WorldError: it does not answer, and the keys that are known are too old, or none.
        """
        async with self._asking:
            now = time.monotonic()
            if (
                now - self._fetched_at < FRESH_S and wanted in {None, *self._keys}
            ) or now - self._tried_at < PATIENCE_S:
                if now - self._fetched_at > USABLE_S:
                    raise WorldError(f"the issuer's keys at {self._url} could not be had a moment ago")
                return
            self._tried_at = now
            try:
                self._keys = await self._fetch()
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, TypeError, AttributeError) as error:
                self._is_away = True
                if now - self._fetched_at > USABLE_S:
                    raise WorldError(f"the issuer's keys at {self._url} cannot be had: {error!r}") from error
                logger.warning("issuer_keys_unavailable", extra={"url": self._url, "reason": repr(error)})
            else:
                self._fetched_at, self._is_away = now, False

    async def _refresh_quietly(self) -> None:
        with suppress(WorldError):  # whoever needs a key then is told
            await self.refresh()

    async def _fetch(self) -> dict[str, PyJWK]:
        body = bytearray()
        async with (
            asyncio.timeout(_TIMEOUT_S),
            httpx.AsyncClient(timeout=_TIMEOUT_S) as client,
            client.stream("GET", self._url) as answer,
        ):
            answer.raise_for_status()
            async for some in answer.aiter_bytes():
                body += some
                if len(body) > _MAX_BYTES:
                    raise ValueError(f"the answer has more than {_MAX_BYTES} bytes")
        listed = httpx.Response(200, content=bytes(body)).json()["keys"][:_MAX_KEYS]
        return {key.key_id: key for key in map(_usable, listed) if key is not None and key.key_id}


def _usable(entry: dict[str, Any]) -> PyJWK | None:
    """Return the key when it checks signatures of the two kinds that are taken; a shared key among them is none."""
    algorithm = _ALGORITHMS.get(entry.get("kty", ""))
    if algorithm is None or entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        return PyJWK(entry, algorithm)
    except jwt.PyJWTError as error:
        logger.warning("issuer_key_unusable", extra={"reason": str(error)})
        return None
