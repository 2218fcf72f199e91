"""Serve the page for people.

src/seedbed/api/routes/page.py - v0.1.0

It is open, since it holds nothing: what it shows it asks for with the token of whoever looks.

```mermaid
flowchart LR
    router --> page & part
    page & part --> _file
```
"""

from functools import cache
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Response

router = APIRouter(include_in_schema=False)

type Part = Literal["page.css", "page.js", "curve.js"]

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


@router.get("/")
async def page() -> Response:
    """Return the page."""
    return _file("index.html")


@router.get("/{name}")
async def part(name: Part) -> Response:
    """Return what the page is made of."""
    return _file(name)


def _file(name: str) -> Response:
    content, media_type = _read(name)
    return Response(content, media_type=media_type, headers={"Content-Security-Policy": _POLICY})


@cache
def _read(name: str) -> tuple[bytes, str]:
    path = _FOLDER / name
    return path.read_bytes(), _TYPES[path.suffix]
