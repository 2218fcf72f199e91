"""Render the command that serves a chosen model, as one would type it.

src/seedbed/serving/command.py - v0.1.0

What an engine reads from its environment only is set by `env` in front: the line can be shown, copied and run as it is.

```mermaid
flowchart LR
    server_command --> vllm_command & ollama_command
    vllm_command --> Candidate & GpuVariant
    ollama_command --> CpuVariant
```
"""

import shlex
from collections.abc import Sequence

from seedbed.serving.catalogue import LogicalModel
from seedbed.serving.plan import Candidate
from seedbed.serving.variants import CpuVariant, GpuVariant

PORT = 11434
"""Of both engines: whoever answers, the address is the same."""


def server_command(candidate: Candidate, model: LogicalModel, host: str = "127.0.0.1", port: int = PORT) -> list[str]:
    """Return the words that start the server of what was chosen."""
    if candidate.engine == "vllm":
        return vllm_command(candidate, model, host, port)
    return ollama_command(model.cpu, host, port)


def vllm_command(candidate: Candidate, model: LogicalModel, host: str, port: int) -> list[str]:
    """Return the words that start vLLM; it answers to the logical name and to its own.

    `--quantization` is left to vLLM, which reads it from the files: said aloud, `awq` forbids the faster kernels
    (vllm#21376).
    """
    variant: GpuVariant = model.gpu
    fit = candidate.fit
    words = ["vllm", "serve", variant.model, "--revision", variant.revision]
    words += ["--served-model-name", candidate.model, variant.model]
    words += ["--host", host, "--port", str(port)]
    words += ["--dtype", variant.dtype, "--max-model-len", str(variant.max_model_len)]
    words += ["--tensor-parallel-size", str(len(fit.devices)), "--gpu-memory-utilization", f"{fit.share:.2f}"]
    if model.task == "embed":
        words += ["--runner", "pooling"]
    if fit.devices != tuple(range(len(fit.devices))):
        devices = ",".join(map(str, fit.devices))
        words = ["env", "CUDA_DEVICE_ORDER=PCI_BUS_ID", f"CUDA_VISIBLE_DEVICES={devices}", *words]
    return words


def ollama_command(variant: CpuVariant, host: str, port: int) -> list[str]:
    """Return the words that start Ollama; which model it loads is said by each request."""
    return [
        *ollama_client(host, port)[:-1],
        f"OLLAMA_CONTEXT_LENGTH={variant.context_length}",
        f"OLLAMA_KEEP_ALIVE={variant.keep_alive}",
        "OLLAMA_NUM_PARALLEL=1",
        "OLLAMA_NO_CLOUD=1",
        "ollama",
        "serve",
    ]


def ollama_client(host: str, port: int) -> list[str]:
    """Return the words before those for a running Ollama, such as `list`."""
    return ["env", f"OLLAMA_HOST={host}:{port}", "ollama"]


def ollama_fetching(candidate: Candidate) -> list[list[str]]:
    """Return the words that have a running Ollama fetch the model and answer to the logical name, too."""
    return [["pull", candidate.engine_model], ["cp", candidate.engine_model, candidate.model]]


def as_text(words: Sequence[str]) -> str:
    """Return the words as a line for a shell."""
    return shlex.join(words)
