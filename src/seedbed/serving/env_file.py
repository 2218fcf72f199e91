"""Let plain `docker compose up` start what fits this machine.

src/seedbed/serving/env_file.py - v0.1.0

Compose does not look at the machine: a GPU reserved where there is none is an error. Variables in `.env` decide.

```mermaid
flowchart LR
    choose --> WorldError
```
"""

import re
from collections.abc import Mapping
from pathlib import Path

from seedbed.errors import WorldError

_PROFILES = "COMPOSE_PROFILES"


def choose(file: Path, values: Mapping[str, str]) -> list[str]:
    """Write the variables into the env file that do not stand there yet, whatever they are; return what was done."""
    lines = " ".join(f"{name}={value}" for name, value in values.items())
    try:
        text = file.read_text("utf-8") if file.exists() else ""
        standing = {name: found for name in values if (found := _value(text, name)) is not None}
        missing = {name: value for name, value in values.items() if name not in standing}
        if missing:
            if not file.exists():
                file.touch(mode=0o600)
            gap = "" if not text or text.endswith("\n") else "\n"
            with file.open("a", encoding="utf-8") as stream:
                stream.write(f"{gap}# What fits this machine, by `seedbed serve llm`; change it and it stays.\n")
                stream.write("".join(f"{name}={value}\n" for name, value in missing.items()))
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{file} cannot be written: {error}; write {lines} there by hand") from error
    wrote = " ".join(f"{name}={value}" for name, value in missing.items())
    return [*([f"wrote {wrote} to {file.name}"] if wrote else []), *_said(file.name, values, standing)]


def _value(text: str, name: str) -> str | None:
    lines = re.findall(rf"^\s*(?:export\s+)?{name}\s*=\s*(.*?)\s*$", text, re.MULTILINE)
    return lines[-1].partition(" #")[0].strip().strip("\"'") if lines else None


def _said(file: str, values: Mapping[str, str], standing: Mapping[str, str]) -> list[str]:
    said = []
    for name, found in standing.items():
        if values[name] in (re.split(r"\s*,\s*", found) if name == _PROFILES else [found]):
            said.append(f"{file} has {name}={found} already")
        else:
            said.append(
                f"{file} says {name}={found} and stays so; the plan says {values[name]}: delete the line to follow it, "
                f"else the next `docker compose up` goes by {found}"
            )
    return said
