"""Check that Compose files are of one mind and safe to start, alone and together.

tools/check_compose.py - v0.1.0

Rules that the schema of Compose does not know, then `docker compose config` for every combination where Compose is at
hand; without it that part is left out, and the verdict says so.

```mermaid
flowchart LR
    main --> file_faults --> service_faults
    main --> combinations --> config_faults
```
"""

import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations as chosen
from pathlib import Path
from typing import Any

import yaml

from tools.project_files import ROOT

BASE, PROXY = "compose.yml", "compose.proxy.yml"
_VARIABLE = re.compile(r"(?<!\$)\$(?:\{(?P<name>\w+)(?P<rest>[^}]*)\}|(?P<bare>\w+))")
_PINNED = re.compile(r"[^:@]+:v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?|seedbed-[a-z]+:\$\{SEEDBED_VERSION:-\w+\}")
_LOOPBACK = re.compile(r"127\.0\.0\.1:[^:]*(:-\d+\})?:\d+")
_SECRET = re.compile(r"pass(word|wd)|secret|token|api_?key", re.IGNORECASE)
_ONE_SHOT = "on-failure"
_MADE = re.compile(r"install -d -o 10001 -g 10001 -m 0750 ([/\w. ]+)")
_OWN_FOLDER = ("postgres:",)
"""Images whose folder of data belongs to the user that our files name."""
_CONTAINED: Mapping[str, object] = {
    "init": True,
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}


def compose_files(root: Path = ROOT) -> list[Path]:
    """Return the Compose files, the one that the others add to first."""
    return sorted(root.glob("compose*.yml"), key=lambda path: (path.name != BASE, path.name))


def file_faults(name: str, text: str) -> Iterator[str]:
    """Yield what is wrong with one file."""
    content = yaml.safe_load(text)
    if "version" in content:
        yield "version: is obsolete; remove it"
    for variable in _VARIABLE.finditer("\n".join(line.partition("# ")[0] for line in text.splitlines())):
        if variable["bare"] or not (variable["rest"] or "").startswith((":-", ":?")):
            shown = variable["bare"] or variable["name"]
            yield f"${{{shown}}} may be unset; write ${{{shown}:?why it is needed}} or ${{{shown}:-default}}"
    made = made_folders()
    for service, described in content.get("services", {}).items():
        for fault in [*service_faults(described, may_publish=name == PROXY), *volume_faults(described, made)]:
            yield f"services.{service}: {fault}"


def service_faults(service: Mapping[str, Any], *, may_publish: bool) -> Iterator[str]:
    """Yield what is wrong with a service; one that only adds to another file's need not say everything."""
    for port in service.get("ports", []):
        if not (may_publish or _LOOPBACK.fullmatch(str(port))):
            yield f"port {port!r} is open to the world; write 127.0.0.1:{port}"
    environment = service.get("environment") or {}
    for variable, value in environment.items() if isinstance(environment, dict) else ():
        if _SECRET.search(variable) and not (variable.endswith("_FILE") and str(value).startswith("/run/secrets/")):
            yield f"{variable} looks like a secret in the environment; give it as a file"
    if "image" not in service:
        return
    if not _PINNED.fullmatch(service["image"]):
        yield f"image {service['image']!r} has no exact version"
    for key, value in _CONTAINED.items():
        if service.get(key) != value:
            yield f"{key} has to be {value}"
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    needed = {"memory", "pids"} | ({"cpus"} if "cpu_shares" not in service else set())
    if "devices" not in service.get("deploy", {}).get("resources", {}).get("reservations", {}):
        yield from (f"no limit of {each}" for each in sorted(needed - limits.keys()))
    runs_on = not str(service.get("restart", "no")).startswith(_ONE_SHOT) and "tty" not in service
    if runs_on and "healthcheck" not in service:
        yield "no healthcheck"
    for other, how in service.get("depends_on", {}).items() if isinstance(service.get("depends_on"), dict) else ():
        if how.get("condition") == "service_started":
            yield f"waits for {other} to be started; wait until it is healthy"
    if isinstance(service.get("depends_on"), list):
        yield "depends_on is a list; say what to wait for: {name: {condition: service_healthy}}"


def made_folders(root: Path = ROOT) -> frozenset[str]:
    """Return the folders that our Dockerfiles make for the user of our images."""
    texts = [file.read_text("utf-8") for file in root.glob("Dockerfile*")]
    return frozenset(folder for text in texts for line in _MADE.findall(text) for folder in line.split())


def volume_faults(service: Mapping[str, Any], made: Collection[str]) -> Iterator[str]:
    """Yield volumes that the service cannot write to.

    A new volume gets the owner that its folder has in the image: root, where the image has no such folder.
    """
    image = service.get("image", "")
    for volume in service.get("volumes", []):
        name, _, folder = str(volume).partition(":")
        if not re.fullmatch(r"[a-z][\w-]*", name):
            continue
        if image.startswith("seedbed-") and folder not in made:
            yield f"volume {name} belongs to root, for no Dockerfile makes {folder}; add it to `install -d` there"
        if "user" in service and not image.startswith(_OWN_FOLDER):
            yield f"volume {name} belongs to root, and user {service['user']} cannot write to it; leave `user` out"


def combinations(files: list[Path]) -> list[list[Path]]:
    """Return every choice of files that holds the first one."""
    base, *others = files
    return [[base, *more] for count in range(len(others) + 1) for more in chosen(others, count)]


def profiles(files: list[Path]) -> list[str]:
    """Return the names of all profiles, and "" for none."""
    services = [each for file in files for each in yaml.safe_load(file.read_text("utf-8"))["services"].values()]
    return ["", *sorted({name for service in services for name in service.get("profiles", [])})]


def required_variables(files: list[Path]) -> dict[str, str]:
    """Return a value for each variable that has none by itself."""
    found = (variable for file in files for variable in _VARIABLE.finditer(file.read_text("utf-8")))
    return {each["name"]: "example.org" for each in found if (each["rest"] or "").startswith(":?")}


def has_compose() -> bool:
    """Tell whether `docker compose` is at hand; no engine has to run."""
    try:
        return subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
    except OSError:
        return False


def config_faults(files: list[Path], profile: str) -> Iterator[str]:
    """Yield what `docker compose config` says against a combination, warnings too."""
    command = ["docker", "compose", "--env-file", os.devnull]
    command += [word for file in files for word in ("-f", file.name)]
    command += [*(["--profile", profile] if profile else []), "config", "--quiet"]
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOSE_", "SEEDBED_"))}
    done = subprocess.run(
        command, cwd=files[0].parent, env=keep | required_variables(files), capture_output=True, text=True
    )
    said = " ".join(done.stderr.split())
    if done.returncode or said:
        yield f"{' + '.join(file.name for file in files)} {profile}: {said or f'exit code {done.returncode}'}"


def main(root: Path = ROOT) -> int:
    """Print one line per fault; return 1 when there is any."""
    files = compose_files(root)
    faults = [f"{file.name}: {fault}" for file in files for fault in file_faults(file.name, file.read_text("utf-8"))]
    num_configs = 0
    if not faults and has_compose():
        for together in combinations(files):
            for profile in profiles(together):
                num_configs += 1
                faults += config_faults(together, profile)
    resolved = f"{num_configs} combinations resolved" if num_configs else "no `docker compose` here, none resolved"
    print("\n".join(faults) or f"{len(files)} files follow the rules, {resolved}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
