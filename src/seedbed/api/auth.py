"""Let in whom a token lets in.

src/seedbed/api/auth.py - v0.1.0

The gate stands before anything reads the body: who has no token makes us neither store nor parse one. A route that the
gate does not cover is closed all the same, since `authorized` finds no caller.

```mermaid
flowchart LR
    Gate --> Authority & Rates
    authorized --> Caller
    Gate & authorized --> _refusal
```
"""

import logging
from collections.abc import Mapping
from typing import Annotated, final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from seedbed.api.problems import on_world, problem
from seedbed.api.rates import Rates
from seedbed.api.tokens import SCOPES, Authority, Caller, TokenError
from seedbed.errors import WorldError

logger = logging.getLogger(__name__)

_CLOSED = ("/v1/", "/experiments")
_WANTED = "Bearer token; `seedbed token` makes one where the key is known. Scopes: " + "; ".join(
    f"`{scope}`: {meaning}" for scope, meaning in SCOPES.items()
)
BEARER = HTTPBearer(bearerFormat="JWT", scheme_name="bearer", description=_WANTED, auto_error=False)
"""For the description of the API; the gate is what reads the header."""


@final
class Gate:
    """Answers 401 to whom it does not know and 429 to who asks too often; notes the caller of everybody else."""

    def __init__(self, app: ASGIApp, authority: Authority, rates: Rates) -> None:
        self._app = app
        self._authority = authority
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] == "http" and scope["path"].startswith(_CLOSED):
            answer = await self._refused(scope) or self._app
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _refused(self, scope: Scope) -> Response | None:
        try:
            await self._admit(scope)
        except HTTPException as error:
            return problem(error.status_code, error.detail, headers=error.headers)
        except WorldError as error:
            return await on_world(Request(scope), error)
        return None

    async def _admit(self, scope: Scope) -> None:
        caller = await caller_of(scope, self._authority)
        if wait_s := await self._rates.wait_s(caller.subject):
            raise HTTPException(
                429, f"{caller.subject!r} asks too often; come back in {wait_s} s", {"Retry-After": str(wait_s)}
            )
        scope["seedbed.caller"] = caller


async def caller_of(scope: Scope, authority: Authority) -> Caller:
    """Return who sent the request.

    Raises:
        HTTPException: 401, there is no token, or one that does not let in.
        WorldError: the issuer's keys cannot be had.
    """
    scheme, _, token = _header(scope).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _refusal(401, "a bearer token is needed; in dev, `seedbed token --scope …` makes one")
    try:
        return await authority.caller(token.strip())
    except TokenError as error:
        logger.info("token_refused", extra={"reason": repr(error.__cause__ or error)})
        raise _refusal(401, str(error), {"error": "invalid_token", "error_description": str(error)}) from None


async def authorized(
    request: Request,
    wanted: SecurityScopes,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return the caller when the token has every scope that the route wants; else 401 or 403."""
    caller: Caller | None = request.scope.get("seedbed.caller")
    if caller is None:
        raise _refusal(401, "a bearer token is needed")
    if missing := set(wanted.scopes) - caller.scopes:
        detail = f"the token lacks the scope {', '.join(sorted(missing))}"
        raise _refusal(403, detail, {"error": "insufficient_scope", "scope": wanted.scope_str})
    return caller


def _header(scope: Scope) -> str:
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _refusal(status: int, detail: str, facts: Mapping[str, str] | None = None) -> HTTPException:
    challenge = ", ".join(f'{name}="{value}"' for name, value in {"realm": "seedbed", **(facts or {})}.items())
    return HTTPException(status, detail, {"WWW-Authenticate": f"Bearer {challenge}"})
