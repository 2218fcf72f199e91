"""Run the API on a port.

src/seedbed/api/main.py - v0.1.0

Several workers are processes of their own that read the settings again; what only one process may hold is refused here.

```mermaid
flowchart LR
    serve --> refuse_sharing & refuse_taken & first_model & greeting
    serve --> uvicorn --> application --> create_app
```
"""

import logging
import os
import socket
import sys
import tempfile

import uvicorn
from fastapi import FastAPI

from seedbed.api.app import create_app
from seedbed.api.bounds import REQUEST_S
from seedbed.api.greeting import first_model, greeting
from seedbed.api.metrics import SHARED_FOLDER
from seedbed.api.tokens import Authority
from seedbed.errors import UserError, WorldError
from seedbed.logging_config import configure
from seedbed.settings import Settings, load_settings

logger = logging.getLogger(__name__)

_SHUTDOWN_S = int(REQUEST_S) + 5
"""Longer than any request: one that was accepted is answered."""


def application() -> FastAPI:
    """Return the application of this process, with its log set up: what each worker calls."""
    settings = load_settings()
    configure(settings.log, service="api")
    return create_app(settings)


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answer requests until the process is told to end (SIGINT, SIGTERM); those in flight are answered first.

    Raises:
        UserError: nothing says who may come in, the NER model is not there, or workers would open one embedded store.
        WorldError: the port cannot be used.
    """
    authority = Authority(settings)
    if authority.issuer_keys is None:
        _ = authority.key  # made once, before there are workers
    refuse_sharing(settings, workers)
    refuse_taken(host, port)
    model = first_model(settings)
    facts = {"host": host, "port": port, "ner_model": model and f"{model.name} {model.version} {model.digest}"}
    logger.info("serving", extra=facts)
    if sys.stderr.isatty():
        sys.stderr.write(greeting(settings, host, port, model))
    with tempfile.TemporaryDirectory(prefix="seedbed-metrics-") as folder:
        if workers > 1:
            os.environ[SHARED_FOLDER] = folder
        uvicorn.run(
            f"{__name__}:application",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )


def refuse_sharing(settings: Settings, workers: int) -> None:
    """Raise UserError when several workers would open a store that belongs to one process."""
    if workers > 1 and settings.store.url is None:
        raise UserError(
            f"{workers} workers cannot share the embedded {settings.store.kind}, which belongs to one process; "
            "set SEEDBED_STORE__URL to a server, or --workers 1"
        )


def refuse_taken(host: str, port: int) -> None:
    """Raise WorldError when nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise WorldError(
                f"{host} port {port} cannot be used ({error}). Example: seedbed serve api --port 8001"
            ) from error
