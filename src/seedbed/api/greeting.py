"""Have a NER model before the first request, and say what is served where.

src/seedbed/api/greeting.py - v0.1.0

Done by the process that starts the workers: each of them would train a model of its own.

```mermaid
flowchart LR
    first_model --> ensure_default_model & ModelIdentity
    greeting --> page_link --> mint
```
"""

import logging
from ipaddress import ip_address

from seedbed import wiring_ner
from seedbed.api.tokens import mint
from seedbed.errors import SeedbedError
from seedbed.ner.entity import ModelIdentity
from seedbed.progress import show_progress
from seedbed.settings import Settings

logger = logging.getLogger(__name__)

_PAGE_SCOPES = ("experiments:read", "ner", "search")
_PAGE_TTL_S = 12 * 3600


def first_model(settings: Settings) -> ModelIdentity | None:
    """Return the NER model that will answer, trained now when nobody has chosen one and there is none.

    None: none can be had, which the log explains; everything else can be served.

    Raises:
        UserError: the one that the settings name is not there.
    """
    try:
        with show_progress("training the NER model, once") as progress:
            wiring_ner.ensure_default_model(settings, progress)
        return wiring_ner.recognizer(settings.ner, settings.home, settings.tracking).identity()
    except SeedbedError as error:
        if settings.ner.model is not None:
            raise
        logger.error("no_ner_model", extra={"reason": str(error)})
        return None


def greeting(settings: Settings, host: str, port: int, model: ModelIdentity | None) -> str:
    """Return for a person at a terminal what is served; in dev with a link that lets in, which no log may have."""
    entities = "no model; the log says why"
    if model is not None:
        made_by = f", run {model.run_id[:8]}" if model.run_id else ""
        entities = f"{model.name} {model.version}, digest {model.digest[:8]}{made_by}"
    return f"entities: {entities}\npage:     {page_link(settings, host, port)}\n"


def page_link(settings: Settings, host: str, port: int) -> str:
    """Return the address of the page; in dev a token stands behind the `#`, which browsers keep to themselves."""
    try:
        listening = ip_address(host)
        host = ("::1" if listening.version == 6 else "127.0.0.1") if listening.is_unspecified else host
    except ValueError:
        pass  # a name
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    if settings.environment != "dev" or settings.api.issuer is not None:
        return address
    return f"{address}#token={mint(settings, 'page', _PAGE_SCOPES, _PAGE_TTL_S)}"
