"""Build the images, bring the stack up, use it, kill each service in turn, read every log, take it down.

tools/containers.py - v0.1.0

Images that cannot be pulled are replaced by the same programs from Debian's packages, and each replacement is said.

```mermaid
flowchart LR
    main --> Stack & travel & train_champion
    main --> log_faults & image_faults
```
"""

import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from seedbed.errors import SeedbedError, WorldError
from tools import deployment_secrets
from tools.check_log_lines import faults_of
from tools.host import download_artifact, revision, train_champion
from tools.journey import SCOPES, Traveller, travel
from tools.project_files import ROOT
from tools.stack import STANDINS, Stack, docker, need_engine, pullable

OURS = ("api", "worker")
MAX_API_BYTES = 1_000_000_000
_BUILD_S, _UP_S = 3600.0, 600


LLM = "deploy/standin/llm.yml"
_KILLED = """
cd /var/lib/seedbed; mkdir -p models/openvino
for graph in /opt/models/*; do for pid in $(seq 1 30); do mkdir models/openvino/${graph##*/}.$pid-given; done; done
"""
"""What starts leave that are killed while they copy."""


def say(words: str) -> None:
    """Print a line at once, with the time since the start."""
    print(f"containers: {time.monotonic() - _BEGAN:6.1f} s  {words}", flush=True)


@contextmanager
def tiny_model() -> Iterator[str]:
    """Write a language model of random weights; give the folder it is in."""
    write_model = importlib.import_module("tests.tiny_llm").write_model
    with tempfile.TemporaryDirectory(prefix="seedbed-tiny-") as folder:
        Path(folder).chmod(0o755)
        write_model(Path(folder, "tiny.gguf"))
        yield folder


def built(stack: Stack, files: list[str]) -> None:
    """Build our images."""
    names = [*OURS, *(["postgres"] if STANDINS in files else []), *(["ollama"] if LLM in files else [])]
    stack.compose("build", *names, timeout_s=_BUILD_S)
    for fault in image_faults():
        raise WorldError(fault)


def start(stack: Stack) -> None:
    """Start everything and wait until it is healthy.

    Raises:
        WorldError: it is not; the last words of what is not are in the reason.
    """
    try:
        stack.compose("up", "--detach", "--no-build", "--wait", "--wait-timeout", str(_UP_S), timeout_s=_UP_S + 60)
    except WorldError as error:
        for service in stack.services():
            state = stack.container(service)["State"]
            if state.get("Health", {}).get("Status", "healthy") != "healthy" or state["ExitCode"]:
                say(f"{service} is {state['Status']}: {' | '.join(stack.log(service)[-3:])[-1000:]}")
        raise WorldError(str(error)[-300:]) from error


def image_faults() -> Iterator[str]:
    """Yield what is wrong with the images, and say their sizes."""
    version = os.environ.get("SEEDBED_VERSION", "dev")
    for name in OURS:
        image = json.loads(docker("image", "inspect", f"seedbed-{name}:{version}"))[0]
        user, size = image["Config"]["User"], image["Size"]
        base = json.loads(docker("image", "inspect", "python:3.13-slim"))[0]["Size"] if _has_base() else 0
        say(f"image {name}: {size / 1e6:.0f} MB, {base / 1e6:.0f} of them python:3.13-slim; user {user}")
        if user in ("", "root", "0") or user.startswith("0:"):
            yield f"image {name} runs as root"
        if name == "api" and size > MAX_API_BYTES:
            say(f"image {name} is larger than {MAX_API_BYTES / 1e6:.0f} MB")
        tools = "for each in gcc cc make git curl uv; do command -v $each; done; find / -xdev -path '*/run/secrets/*'"
        left = docker(
            "run", "--rm", "--network=none", "--entrypoint=sh", f"seedbed-{name}:{version}", "-c", tools, check=False
        )
        if found := [line for line in left.splitlines() if line.startswith("/")]:
            yield f"image {name} holds what only a build needs: {found}"


def _has_base() -> bool:
    return bool(docker("image", "ls", "-q", "python:3.13-slim").strip())


def containment_faults(stack: Stack) -> Iterator[str]:
    """Yield where a running container is less contained than it should be, or shows a secret."""
    secrets = {file.name: file.read_text("utf-8").strip() for file in deployment_secrets.FOLDER.iterdir()}
    for service, described in stack.services().items():
        found = stack.container(service)
        if not found["HostConfig"]["ReadonlyRootfs"]:
            yield f"{service} can write to its image"
        if found["HostConfig"]["CapDrop"] != ["ALL"]:
            yield f"{service} keeps capabilities"
        if found["Config"]["User"] in ("", "root", "0") and not described["image"].startswith("ollama/"):
            yield f"{service} runs as root"
        yield from (f"{service} shows the secret {name}" for name, text in secrets.items() if text in json.dumps(found))


def log_faults(stack: Stack) -> Iterator[str]:
    """Yield lines of our containers that are no log events; say which other programs write as they like."""
    schema = json.loads((ROOT / "m2m" / "log-event.schema.json").read_text("utf-8"))
    for service, described in stack.services().items():
        lines = stack.log(service)
        if described["image"].startswith(tuple(f"seedbed-{name}:" for name in OURS)):
            yield from (f"log of {service}: {fault}" for fault in faults_of(lines, schema))
            say(f"log of {service}: {len(lines)} lines, all JSON events")
        else:
            say(f"log of {service}: {len(lines)} lines in its program's own format, which has no JSON to stdout")


def write_backup(stack: Stack) -> str:
    """Back up as docs/how-to/deploy-with-compose.md says; return the archive's name.

    Raises:
        WorldError: there is none afterwards.
    """
    stack.compose("exec", "-T", "worker", "seedbed", "backup", "--to", "/var/backups/seedbed")
    names = stack.compose("exec", "-T", "worker", "ls", "/var/backups/seedbed").split()
    if not (archives := [name for name in names if name.endswith(".tar")]):
        raise WorldError(f"seedbed backup has left no archive: {names}")
    return archives[-1]


def chosen_files() -> list[str]:
    """Return the Compose files; images that cannot be had are replaced, which is said."""
    services = yaml.safe_load((ROOT / "compose.yml").read_text("utf-8"))["services"]
    files = ["compose.yml"]
    if missing := [image for name in ("postgres", "redis") if not pullable(image := services[name]["image"])]:
        files.append(STANDINS)
        say(f"cannot be pulled, Debian's program stands in: {', '.join(missing)}")
    if not pullable(image := services["ollama"]["image"]):
        files.append(LLM)
        say(f"cannot be pulled, a server of our own with a model of random weights stands in: {image}")
    return files


def use(stack: Stack) -> None:
    """Use all of it, kill each part, use it again.

    Raises:
        WorldError: something does not do its work.
    """
    token = stack.compose("exec", "-T", "api", "seedbed", "token", *(f"--scope={scope}" for scope in SCOPES))
    traveller = Traveller(f"http://127.0.0.1:{stack.ports['API_PORT']}", token.strip())
    absent = [name for name, each in traveller.ask("GET", "/ready")["dependencies"].items() if each["absent"]]
    say(f"/ready is 200 before anybody has made {' or '.join(absent)}")
    tracking = f"http://127.0.0.1:{stack.ports['MLFLOW_PORT']}"
    champion = train_champion(tracking)
    say("a champion was trained on this machine and registered through the published port")
    for line in travel(traveller, champion):
        say(line)
    run = traveller.ask("GET", "/experiments?experiment=embed-corpus")["runs"][0]
    commit = traveller.ask("GET", f"/experiments/{run['run_id']}")["provenance"].get("git.commit", "")
    if not (made_from := os.environ["REVISION"]).endswith("-dirty") and commit != made_from:
        raise WorldError(f"the run was made by an image of {made_from}, and its commit is {commit!r}")
    say(f"its config.json can be downloaded: {download_artifact(tracking, run['run_id'], 'config.json')} bytes")
    say(f"a backup was written: {write_backup(stack)}")
    for service in sorted(stack.services()):
        if stack.container(service)["State"]["Running"]:
            say(f"{service} was killed and healthy again after {stack.kill(service):.0f} s")
    traveller.ask("GET", "/ready", until=lambda said: all(each["ready"] for each in said["dependencies"].values()))
    for line in travel(traveller, champion):
        say(f"again: {line}")


def run() -> None:
    """Do all of it; what was started is taken down whatever happens.

    Raises:
        SeedbedError: something is not as it should be.
    """
    say(f"engine {need_engine()}")
    deployment_secrets.make(deployment_secrets.FOLDER)
    os.environ.setdefault("REVISION", revision())
    os.environ.setdefault("LLM_MODEL", "chat-small")
    files = chosen_files()
    with ExitStack() as undo:
        if LLM in files:
            os.environ["TINY_LLM"] = undo.enter_context(tiny_model())
        stack = Stack(files)
        built(stack, files)
        undo.callback(stack.down)
        say("images are built")
        stack.compose("run", "--rm", "--no-deps", "-T", "--entrypoint", "sh", "api", "-ec", _KILLED)
        say("a first start was killed while it copied the models")
        start(stack)
        say("every service is healthy")
        for fault in containment_faults(stack):
            raise WorldError(fault)
        use(stack)
        if faults := list(log_faults(stack)):
            raise WorldError("; ".join(faults[:5]))
    say("taken down, volumes included")


def main() -> int:
    """Run it; return the exit code."""
    try:
        run()
    except SeedbedError as error:
        say(f"FAILED: {error}")
        return error.exit_code
    say("OK. Not started: vllm (profile gpu), and what other Compose files add")
    return 0


_BEGAN = time.monotonic()

if __name__ == "__main__":
    sys.exit(main())
