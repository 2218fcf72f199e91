"""Serve the page for people.

src/seedbed/api/routes/page.py - v0.1.0

It is open, since it holds nothing: what it shows it asks for with the token of whoever looks.

```mermaid
flowchart LR
    router --> _route --> _read
```
"""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parents[1] / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_POLICY = "; ".join([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
])  # fmt: skip
"""Scripts, styles and answers from here alone, nothing inline, and no text that becomes markup."""


def _route(name: str) -> Callable[[], Awaitable[Response]]:
    async def answer() -> Response:
        content, media_type = _read(name)
        return Response(content, media_type=media_type, headers={"Content-Security-Policy": _POLICY})

    return answer


@cache
def _read(name: str) -> tuple[bytes, str]:
    path = _FOLDER / name
    return path.read_bytes(), _TYPES[path.suffix]


router.get("/")(_route("index.html"))
for _name in ("page.css", "page.js", "curve.js"):
    router.get(f"/{_name}")(_route(_name))
