"""Run a program as the main process of a container, every line of its output one JSON object.

deploy/entrypoint.py - v0.1.0

Prefect and MLflow print banners and warnings beside their logs, and read secrets from variables alone: NAME_FILE, which
names a file, becomes NAME here, for the program and not in `docker inspect`.

```mermaid
flowchart LR
    main --> secrets_of & give_models & Program
    Program --> as_json --> JsonLine
```
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from seedbed.logging_format import JsonLine
from seedbed.logging_redaction import remember_secrets

MODELS = Path("/opt/models")
SECRETS = "/run/secrets/"
_PARTIAL = "-given"
_FIELDS = {"timestamp", "level", "message"}
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def secrets_of(environ: Mapping[str, str], folder: str = SECRETS) -> dict[str, str]:
    """Return the variables whose values stand in files: NAME_FILE=/run/secrets/… gives NAME."""
    files = {name: path for name, path in environ.items() if name.endswith("_FILE") and path.startswith(folder)}
    return {name.removesuffix("_FILE"): Path(path).read_text("utf-8").rstrip("\r\n") for name, path in files.items()}


def give_models(home: Path, models: Path = MODELS) -> None:
    """Put the graphs that came with the image where the program looks for them, unless they are there."""
    target = home / "models" / "openvino"
    for graph in models.iterdir() if models.is_dir() else ():
        given = target / graph.name
        if not given.exists():
            target.mkdir(parents=True, exist_ok=True)
            # Not named by the process id: in containers that share a volume that is nearly always the same one.
            partial = Path(tempfile.mkdtemp(_PARTIAL, f"{graph.name}.", target))
            try:
                shutil.copytree(graph, partial, dirs_exist_ok=True)
                partial.rename(given)
            except OSError:
                if not given.exists():  # another container was not faster
                    raise
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        for left in target.glob(f"{graph.name}.*{_PARTIAL}"):  # by a start that was killed; nobody needs it any more
            shutil.rmtree(left, ignore_errors=True)


def as_json(line: bytes, program: str) -> str:
    """Return a line of output as it is when it is a log event, else as the message of one."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        event = json.loads(text)
    except ValueError:
        event = None
    if isinstance(event, dict) and event.keys() >= _FIELDS:
        return text
    attributes = {"name": program, "levelno": logging.INFO, "levelname": "INFO", "msg": text, "funcName": None}
    return JsonLine().format(logging.makeLogRecord({**attributes, "lineno": 0}))


class Program:
    """A child that gets our signals, and whose output is ours, line by line."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._name = Path(command[0]).name
        self._writing = threading.Lock()
        self._child = subprocess.Popen(command, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for number in _SIGNALS:
            signal.signal(number, lambda number, _: self._child.send_signal(number))

    def wait(self) -> int:
        """Return the exit code, once everything that was said is written."""
        pipes = [threading.Thread(target=self._pass_on, args=[pipe]) for pipe in self._pipes()]
        for pipe in pipes:
            pipe.start()
        code = self._child.wait()
        for pipe in pipes:
            pipe.join(timeout=5)  # a grandchild that lives on may hold it open
        return code if code >= 0 else 128 - code

    def _pipes(self) -> Sequence[IO[bytes]]:
        return [pipe for pipe in (self._child.stdout, self._child.stderr) if pipe is not None]

    def _pass_on(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            if line.strip():
                with self._writing:
                    sys.stdout.write(f"{as_json(line, self._name)}\n")
                    sys.stdout.flush()


def main(command: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    secrets = secrets_of(os.environ)
    remember_secrets(secrets.values())
    if home := os.environ.get("SEEDBED_HOME"):
        try:
            give_models(Path(home))
        except OSError as error:
            print(as_json(f"the models of the image cannot be copied into {home}: {error}".encode(), "entrypoint"))
            return 1
    try:
        program = Program(command, os.environ | secrets)
    except OSError as error:
        print(as_json(f"{command[0]} cannot be run: {error}".encode(), "entrypoint"))
        return 127
    return program.wait()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)  # not held up by a thread whose pipe a grandchild holds open
