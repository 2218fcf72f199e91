"""Drive the containers of compose.yml, apart from any that run here already.

tools/stack.py - v0.1.0

A project name, ports and volumes of its own: what `make containers` starts and kills is nobody else's.

```mermaid
flowchart LR
    Stack --> compose & docker
    Stack --> WorldError
```
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any, final

from seedbed.errors import UserError, WorldError
from tools.project_files import ROOT

PROJECT = "seedbed-check"
STANDINS = "deploy/standin/compose.yml"
PUBLISHED = ("API_PORT", "MLFLOW_PORT", "PREFECT_PORT")
_POLL_S = 1.0


def docker(*words: str, timeout_s: float = 120, check: bool = True) -> str:
    """Run docker; return what it printed on both outputs.

    Raises:
        WorldError: it failed, or took too long.
    """
    try:
        done = subprocess.run(
            ["docker", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"docker {' '.join(words[:6])} took longer than {timeout_s:g} s") from error
    if check and done.returncode:
        raise WorldError(f"docker {' '.join(words[:9])} ended with {done.returncode}: {done.stdout.strip()[-1500:]}")
    return done.stdout


def need_engine() -> str:
    """Return the engine's version.

    Raises:
        UserError: there is none, or it has no Compose.
    """
    try:
        for words in (["compose", "version"], ["info"]):
            subprocess.run(["docker", *words], capture_output=True, check=True, timeout=30)
        return docker("version", "--format", "{{.Server.Version}}").strip()
    except (OSError, subprocess.SubprocessError):
        raise UserError("no container engine with Compose answers; start one, then run: make containers") from None


@final
class Stack:
    """The services, from up to down."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = [word for file in files for word in ("-f", file)]
        self.ports = {name: _free_port() for name in PUBLISHED}
        os.environ.update({name: str(port) for name, port in self.ports.items()} | {"COMPOSE_PROFILES": "cpu"})

    def compose(self, *words: str, timeout_s: float = 600) -> str:
        """Run a command of Compose; return what it printed."""
        return docker("compose", "-p", PROJECT, *self._files, *words, timeout_s=timeout_s)

    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what the files say of every service that is started."""
        found: Mapping[str, Mapping[str, Any]] = json.loads(self.compose("config", "--format", "json"))["services"]
        return found

    def container(self, service: str) -> Mapping[str, Any]:
        """Return what the engine knows of a service's container."""
        found: Mapping[str, Any] = json.loads(docker("inspect", f"{PROJECT}-{service}-1"))[0]
        return found

    def log(self, service: str) -> list[str]:
        """Return every line that a service's container has written."""
        return docker("logs", f"{PROJECT}-{service}-1").splitlines()

    def kill(self, service: str) -> float:
        """Kill everything in a container at once; return the seconds until it is healthy again.

        Raises:
            WorldError: it is not, within three minutes.
        """
        before = self.container(service)["RestartCount"]
        docker("exec", f"{PROJECT}-{service}-1", "sh", "-c", "kill -9 -1", check=False)
        began = time.monotonic()
        while time.monotonic() - began < 180:
            found = self.container(service)
            if found["RestartCount"] > before and found["State"].get("Health", {}).get("Status") == "healthy":
                return time.monotonic() - began
            time.sleep(_POLL_S)
        raise WorldError(f"{service} did not come back within 180 s: {found['State']}; log: {self.log(service)[-5:]}")

    def down(self) -> None:
        """Remove containers, networks and volumes."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")


def pullable(image: str) -> bool:
    """Tell whether an image is here or can be fetched."""
    if not subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode:
        return True
    try:
        return not subprocess.run(["docker", "pull", "-q", image], capture_output=True, timeout=300).returncode
    except subprocess.TimeoutExpired:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
