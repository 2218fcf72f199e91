"""Make and read tokens that say who may do what.

src/seedbed/api/tokens.py - v0.1.0

Two ways, never both: one key of ours and HS256, or an issuer's published keys and RS256 or ES256. So no token can
choose how it is checked, and a public key is never taken for a shared one.

```mermaid
classDiagram
    Authority ..> IssuerKeys : asks
    Authority ..> Caller : returns
    Authority ..> TokenError : raises
```
"""

import time
from collections.abc import Collection
from functools import cached_property
from typing import Any, NamedTuple, final

import jwt

from seedbed.api.keys import IssuerKeys, signing_key
from seedbed.errors import UserError, unknown_choice
from seedbed.settings import Settings

SCOPES = {
    "experiments:read": "read recorded runs",
    "llm": "use language models",
    "ner": "find entities",
    "pipelines:run": "start deployments and see what becomes of them",
    "search": "search the index, embed texts",
}
OWN_ISSUER = "seedbed"
MAX_TTL_S = 30 * 24 * 3600
_MAX_TOKEN_CHARS = 8192
_MAX_SUBJECT_CHARS = 256
_LEEWAY_S = 5
_MAX_KNOWN = 1024
"""Tokens that need not be checked again before they expire."""
_REQUIRED = ["exp", "sub", "iss", "aud"]


class TokenError(Exception):
    """A token that gives no access; the text may be shown to whoever sent it."""


class Caller(NamedTuple):
    """Who asks."""

    subject: str
    scopes: frozenset[str]


@final
class Authority:
    """Decides whom a token belongs to."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; nothing is read or fetched before the first token.

        Raises:
            UserError: there is neither key nor issuer, outside of dev.
        """
        config = settings.api
        self._settings, self._audience = settings, config.audience
        self._issuer_keys = IssuerKeys(config.jwks_url) if config.jwks_url else None
        self._known: dict[str, tuple[Caller, float]] = {}
        if config.key is None and self._issuer_keys is None and settings.environment != "dev":
            raise UserError(
                f"SEEDBED_API__KEY is not set, which ENVIRONMENT={settings.environment} needs; "
                "openssl rand -hex 32 makes one (or name an issuer: SEEDBED_API__ISSUER and SEEDBED_API__JWKS_URL)"
            )

    @cached_property
    def key(self) -> str:
        """The key of ours; in dev it is made when it is first needed.

        Raises:
            UserError: an issuer signs the tokens.
        """
        if self._issuer_keys is not None:
            raise UserError(f"tokens come from the issuer {self._settings.api.issuer!r}; ask it for one")
        return signing_key(self._settings)

    @property
    def issuer_keys(self) -> IssuerKeys | None:
        """Where the issuer's keys come from, when there is an issuer."""
        return self._issuer_keys

    async def caller(self, token: str) -> Caller:
        """Return who the token belongs to.

        Raises:
            TokenError: it is not a token of ours, or no longer.
            WorldError: the issuer's keys cannot be had.
        """
        if len(token) > _MAX_TOKEN_CHARS:
            raise TokenError("the token is too long")
        known, until = self._known.get(token, (None, 0.0))
        if known is not None and time.time() < until:
            return known
        try:
            claims = await self._claims(token)
        except jwt.ExpiredSignatureError:
            raise TokenError("the token has expired") from None
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenError("the token is not valid") from error
        subject, scope = claims["sub"], claims.get("scope", "")
        if not isinstance(scope, str) or not 0 < len(subject) <= _MAX_SUBJECT_CHARS:
            raise TokenError("the token has a scope or subject that is none")
        caller = Caller(subject, frozenset(scope.split()))
        if self._issuer_keys is None:  # an issuer may take a key back; ours is the same for as long as we run
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[token] = caller, float(claims["exp"])
        return caller

    async def _claims(self, token: str) -> dict[str, Any]:
        options: Any = {"require": _REQUIRED, "enforce_minimum_key_length": True}
        expected = {"audience": self._audience, "leeway": _LEEWAY_S, "options": options}
        if self._issuer_keys is None:
            return jwt.decode(token, self.key, algorithms=["HS256"], issuer=OWN_ISSUER, **expected)
        key = await self._issuer_keys.find(jwt.get_unverified_header(token).get("kid"))
        issuer = self._settings.api.issuer
        return jwt.decode(token, key, algorithms=[key.algorithm_name], issuer=issuer, **expected)


def mint(settings: Settings, subject: str, scopes: Collection[str], ttl_s: int) -> str:
    """Return a token for the API that runs with these settings.

    Raises:
        UserError: a scope is unknown, the time is not bounded, or tokens are not ours to make.
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise unknown_choice("scope", scope, SCOPES, example="--scope search")
    if not scopes or not 0 < ttl_s <= MAX_TTL_S:
        raise UserError(f"a token has a scope and lives 1 to {MAX_TTL_S} s. Example: --scope search --ttl 3600")
    now = int(time.time())
    claims = {
        "iss": OWN_ISSUER,
        "aud": settings.api.audience,
        "sub": subject,
        "iat": now,
        "exp": now + ttl_s,
        "scope": " ".join(sorted(scopes)),
    }
    return jwt.encode(claims, Authority(settings).key, algorithm="HS256")
