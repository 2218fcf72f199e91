"""Compare what a server really runs with what was planned.

src/seedbed/serving/status.py - v0.1.0

```mermaid
flowchart LR
    warnings --> Served & Loaded
    keep & last_served --> Served
```
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from seedbed.serving.servers import Loaded

_FILE = "llm.json"


class Served(BaseModel):
    """What `seedbed serve llm` or `seedbed llm pull` decided last, kept in the home folder."""

    model_config = ConfigDict(frozen=True)

    model: str
    engine: str
    engine_model: str
    place: str
    """ "gpu" or "ram"."""
    context_tokens: int
    url: str
    """Empty inside a Compose stack, whose addresses this machine does not know."""
    digest: str | None = None


def keep(served: Served, home: Path) -> None:
    """Remember it."""
    home.mkdir(parents=True, exist_ok=True)
    new = home / f"{_FILE}.new"
    new.write_text(served.model_dump_json(indent=2) + "\n", encoding="utf-8")
    new.replace(home / _FILE)


def last_served(home: Path) -> Served | None:
    """Return what was remembered, None when nothing was or it cannot be read."""
    try:
        return Served.model_validate_json((home / _FILE).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return None


def warnings(planned: Served, loaded: Sequence[Loaded], on_disk: str | None) -> list[str]:
    """Return in words what is not as it was planned; `on_disk` is the digest under which the server has the model."""
    names = {planned.engine_model, planned.model, f"{planned.model}:latest"}
    found: list[str] = []
    if planned.digest and on_disk and not on_disk.startswith(planned.digest):
        found.append(f"{planned.engine_model} is {on_disk[:12]} now, not {planned.digest[:12]} as when it was fetched")
    running = next((each for each in loaded if each.model in names), None)
    if running is None:
        others = ", ".join(each.model for each in loaded)
        if others:
            found.append(f"{planned.engine_model} was planned and is not loaded; loaded is {others}")
        elif planned.engine == "vllm":
            found.append(f"{planned.engine_model} was planned and vLLM serves nothing")
        return found
    if running.size_bytes and running.gpu_bytes is not None and planned.place == "gpu":
        share = running.gpu_bytes / running.size_bytes
        if share < 0.99:
            found.append(f"{planned.engine_model} was planned on the GPU; {share:.0%} of it is there, the rest in RAM")
    if running.context_tokens and running.context_tokens < planned.context_tokens:
        lost = f"{running.context_tokens:,} tokens of context, not the {planned.context_tokens:,} planned"
        found.append(f"{planned.engine_model} runs with {lost}: longer prompts are cut or refused")
    return found
