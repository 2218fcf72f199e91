"""Let plain `docker compose up` start what fits this machine.

src/seedbed/serving/env_file.py - v0.1.0

Compose does not look at the machine: a GPU reserved where there is none is an error. COMPOSE_PROFILES decides.

```mermaid
flowchart LR
    choose_profile --> WorldError
```
"""

import re
from pathlib import Path

from seedbed.errors import WorldError

_NAME = "COMPOSE_PROFILES"
_LINE = re.compile(rf"^\s*(?:export\s+)?{_NAME}\s*=\s*(.*?)\s*$", re.MULTILINE)


def choose_profile(file: Path, profile: str) -> str:
    """Write the profile into the env file unless one stands there, whatever it is; return in words what was done."""
    try:
        text = file.read_text("utf-8") if file.exists() else ""
        if given := _LINE.findall(text):
            value = given[-1].partition(" #")[0].strip().strip("\"'")
            if profile in re.split(r"\s*,\s*", value):
                return f"{file.name} has {_NAME}={value} already"
            return (
                f"{file.name} says {_NAME}={value} and stays so; the plan says {profile}: delete the line to follow it"
            )
        if not file.exists():
            file.touch(mode=0o600)
        gap = "" if not text or text.endswith("\n") else "\n"
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{gap}# What fits this machine, by `seedbed serve llm --plan`; change it and it stays.\n")
            stream.write(f"{_NAME}={profile}\n")
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{file} cannot be written: {error}; write {_NAME}={profile} there by hand") from error
    return f"wrote {_NAME}={profile} to {file.name}"
