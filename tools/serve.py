"""Serve the recorded runs to a browser on this machine.

tools/serve.py - v0.1.0

MLflow's own pages over the store that the settings name; nobody else can reach them, so nobody is asked for a password.

```mermaid
flowchart LR
    main --> command --> tracking_uri
    main --> load_settings
```
"""

import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from seedbed.errors import SeedbedError, UserError, WorldError
from seedbed.settings import load_settings
from seedbed.tracking.adapters.mlflow_client import is_server, tracking_uri
from seedbed.tracking.config import TrackingConfig

HOST = "127.0.0.1"


def command(config: TrackingConfig, home: Path, port: int) -> list[str]:
    """Return the program that serves the store.

    Raises:
        UserError: the store is a server already, or nothing has been recorded yet.
        WorldError: the port is taken.
    """
    uri = tracking_uri(config, home)
    if is_server(uri):
        raise UserError(f"runs are recorded by the server {uri}: open that address in a browser")
    if config.uri is None and not (home / "mlflow.db").exists():
        raise UserError(f"nothing is recorded in {home} yet; run: make demo")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise WorldError(f"port {port} cannot be used ({error}). Example: make runs PORT=5001") from error
    options = ["--backend-store-uri", uri, "--artifacts-destination", str((home / "artifacts").absolute())]
    return [sys.executable, "-m", "mlflow", "server", *options, "--host", HOST, "--port", str(port), "--workers", "1"]


def main(arguments: Sequence[str]) -> int:
    """Become the server; a fault is one line."""
    try:
        settings = load_settings()
        if not arguments[0].isdigit():
            raise UserError(f"port {arguments[0]!r} is no number. Example: make runs PORT=5001")
        program = command(settings.tracking, settings.home, int(arguments[0]))
    except SeedbedError as error:
        sys.stderr.write(f"serve: {error}\n")
        return error.exit_code
    print(f"serve: the runs in {settings.home} on http://{HOST}:{arguments[0]} (Ctrl-C ends it)", flush=True)
    # Without jobs it is 2 processes and 0.5 GB instead of 10 and 1.6 GB.
    os.execve(program[0], program, os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
