"""Report errors to Sentry, with secrets masked.

src/seedbed/logging_sentry.py - v0.1.0

Local variables and request bodies are never sent: they hold what no pattern can know to be private.

```mermaid
flowchart LR
    start_sentry --> sentry_sdk
    start_sentry --> redacted_event
    redacted_event --> redact_tree
```
"""

from importlib.metadata import PackageNotFoundError, version
from typing import cast

import sentry_sdk
from sentry_sdk.types import Event, Hint

from seedbed.logging_redaction import Json, redact_tree


def start_sentry(dsn: str, *, service: str, environment: str) -> None:
    """Send records of level ERROR and above, and a tenth of the traces, to the server that the DSN names."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=f"seedbed@{_version()}",
        server_name=service,
        traces_sample_rate=0.1,
        include_local_variables=False,
        max_request_body_size="never",
        auto_enabling_integrations=False,  # it would import every library it knows that is installed
        before_send=redacted_event,
        before_send_transaction=redacted_event,
    )


def redacted_event(event: Event, hint: Hint) -> Event:  # noqa: ARG001 - Sentry calls it with both
    """Return the event with its secrets masked."""
    return cast(Event, redact_tree(cast(Json, event)))


def _version() -> str:
    try:
        return version("seedbed")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "checkout"
