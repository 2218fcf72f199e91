"""Start MLflow's own server for tests.

tests/mlflow_server.py - v0.1.0
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

START_LIMIT_S = 120


class MlflowServer:
    """A server on one loopback port over one SQLite file; can be killed and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        store = ["--backend-store-uri", f"sqlite:///{self._folder / 'mlflow.db'}"]
        artifacts = ["--artifacts-destination", str(self._folder / "artifacts")]
        where = ["--host", "127.0.0.1", "--port", self.url.rpartition(":")[2], "--workers", "1"]
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *store, *artifacts, *where],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={**os.environ, **quiet, "DO_NOT_TRACK": "true"},
                start_new_session=True,
            )
        self._wait()

    def kill(self) -> None:
        """End it and its workers at once, as a crash does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            try:
                with urlopen(f"{self.url}/health", timeout=2) as answer:
                    answer.read()
            except (URLError, OSError):
                time.sleep(0.2)
            else:
                return
        self.kill()
        raise RuntimeError(f"mlflow server did not start: {(self._folder / 'server.log').read_text()[-2000:]}")
