"""Find what on this machine can start a server of language models.

src/seedbed/serving/machine.py - v0.1.0

```mermaid
flowchart LR
    find_means --> Means
    find_means --> container_gpu_runtime
```
"""

import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from seedbed.hardware import Hardware, container_gpu_runtime

_TIMEOUT_S = 10.0
COMPOSE_FILE = "compose.yml"


class Means(BaseModel):
    """Programs and servers that are there."""

    model_config = ConfigDict(frozen=True)

    ollama: bool = False
    """The program `ollama` is installed."""
    vllm: bool = False
    """The program `vllm` is installed."""
    compose: bool = False
    """The project has a compose.yml, and an engine with Compose answers."""
    container_gpus: str = ""
    """How containers reach a GPU: "CDI", "nvidia runtime", or not at all."""
    serving: tuple[str, ...] = ()
    """Engines of which a server answers already: "ollama", "vllm"."""
    loaded: tuple[str, ...] = ()
    """Models that those have in memory, by their names there: what they take is taken already."""

    def why_no_vllm(self) -> str:
        """Return why vLLM cannot be started here, "" when it can."""
        if self.vllm or "vllm" in self.serving or (self.compose and self.container_gpus):
            return ""
        if self.compose:
            return "containers do not reach the GPU (install the NVIDIA Container Toolkit) and no program vllm is here"
        return "no program vllm and no container engine with a compose.yml is here"

    def ollama_reaches_gpu(self) -> bool:
        """Tell whether Ollama, started as it would be here, finds a GPU: in compose.yml its service is given none."""
        return "ollama" in self.serving or self.ollama

    def can_start(self, engine: str) -> bool:
        """Tell whether there is any way to get that engine running."""
        return engine in self.serving or self.compose or self.has_program(engine)

    def has_program(self, engine: str) -> bool:
        """Tell whether its program is installed."""
        return self.ollama if engine == "ollama" else self.vllm


def find_means(folder: Path, hardware: Hardware, serving: tuple[str, ...] = (), loaded: tuple[str, ...] = ()) -> Means:
    """Look for programs, an engine and its access to GPUs; asking a container engine can take seconds."""
    compose = (folder / COMPOSE_FILE).is_file() and _compose_answers()
    return Means(
        ollama=shutil.which("ollama") is not None,
        vllm=shutil.which("vllm") is not None,
        compose=compose,
        container_gpus=container_gpu_runtime() if compose and hardware.gpus else "",
        serving=serving,
        loaded=loaded,
    )


def _compose_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        for question in (["compose", "version", "--short"], ["info", "--format", "{{.ServerVersion}}"]):
            subprocess.run([docker, *question], capture_output=True, timeout=_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True
