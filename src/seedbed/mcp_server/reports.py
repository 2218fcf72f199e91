"""Let agents read the page about a run.

src/seedbed/mcp_server/reports.py - v0.1.0

```mermaid
flowchart LR
    newest --> Resource
    read --> write_report
    read --> UserError
```
"""

import re
import tempfile
from pathlib import Path

from mcp_types import Resource, ResourceTemplate, TextResourceContents

from seedbed.api.schemas.comparison import RUN_ID
from seedbed.api.services import Services
from seedbed.errors import UserError
from seedbed.wiring_reports import write_report

SCOPE = "experiments:read"
MAX_CHARS = 4_000_000
"""Of one page: plots stand in it."""
_NUM_LISTED = 20
_MEDIA_TYPE = "text/html"
_ADDRESS = re.compile(rf"seedbed://runs/({RUN_ID.strip('^$')})/report")

TEMPLATE = ResourceTemplate(
    uri_template="seedbed://runs/{run_id}/report",
    name="report",
    title="Report of a run",
    description="One HTML page for a reviewer: what, why, numbers, plots, how it was made, how to make it again.",
    mime_type=_MEDIA_TYPE,
)


async def newest(services: Services) -> list[Resource]:
    """Return the reports of the newest runs."""
    found = await services.readers.run(lambda: services.archive().find(limit=_NUM_LISTED))
    return [
        Resource(
            uri=f"seedbed://runs/{record.run_id}/report",
            name=f"{record.experiment} {record.run_id[:8]}",
            description=f"report of a run, {record.status}, started {record.started_at:%Y-%m-%d %H:%M} UTC",
            mime_type=_MEDIA_TYPE,
        )
        for record in found
    ]


async def read(services: Services, address: str) -> TextResourceContents:
    """Return the page that an address names; it is made anew and not kept.

    Raises:
        UserError: there is no such address or run, or its page is too long.
    """
    named = _ADDRESS.fullmatch(address)
    if named is None:
        raise UserError(f"resource {address[:200]!r} is unknown; they are {TEMPLATE.uri_template}")

    def write() -> str:
        with tempfile.TemporaryDirectory(prefix="seedbed-mcp-") as folder:
            _, file = write_report(named[1], services.settings, Path(folder, "report.html"))
            return file.read_text(encoding="utf-8")

    page = await services.readers.run(write)
    if len(page) > MAX_CHARS:
        raise UserError(f"the page has {len(page)} characters, more than {MAX_CHARS}. Next: seedbed report {named[1]}")
    return TextResourceContents(uri=address, text=page, mime_type=_MEDIA_TYPE)
