"""Work out whether a model fits into the memory of this machine, with the numbers that say so.

src/seedbed/serving/fit.py - v0.1.0

```mermaid
flowchart LR
    fit_vllm & fit_ollama --> Fit
    fit_vllm --> GpuVariant & Gpu
    fit_ollama --> LogicalModel & Hardware
```
"""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from seedbed.hardware import Gpu, Hardware
from seedbed.serving.catalogue import LogicalModel
from seedbed.serving.variants import GpuVariant

_GIB = 1 << 30
_CONTEXT_BYTES = 3 * _GIB // 4
"""vLLM compares what is free after CUDA has started in it with its share of the total (vllm#20305)."""
_GPU_RESERVE_BYTES = _GIB // 2
_RAM_RESERVE_BYTES = _GIB
"""For whatever else starts."""
_SLOW_BYTES = 16_000_000_000
"""Each token reads all weights: from a workstation's RAM (50-80 GB/s) that makes less than 5 tokens per second."""


class Fit(BaseModel):
    """Whether it fits, where, and by which numbers."""

    model_config = ConfigDict(frozen=True)

    fits: bool
    why: str
    place: Literal["gpu", "ram"]
    needed_bytes: int = 0
    """On each device."""
    available_bytes: int = 0
    devices: tuple[int, ...] = ()
    """Indices of the GPUs that vLLM is spread over."""
    share: float = 0.0
    """Of each GPU's memory, for vLLM."""
    slow: bool = False


def fit_vllm(model: LogicalModel, gpus: Sequence[Gpu]) -> Fit:
    """Return how vLLM can hold the model on the fewest GPUs; where it cannot, what is missing on the most."""
    variant = model.gpu
    able = [gpu for gpu in gpus if float(gpu.compute_capability) >= variant.needed_capability]
    if not able:
        best = max((gpu.compute_capability for gpu in gpus), key=float)
        needs = f"{variant.dtype} needs compute capability {variant.needed_capability}"
        return Fit(fits=False, place="gpu", why=f"{needs}, the best GPU here has {best}")
    roomiest = sorted(able, key=lambda gpu: (-gpu.free_bytes, gpu.index))
    degrees = [degree for degree in sorted(variant.tensor_parallel) if degree <= len(able)]
    if not degrees:
        return Fit(fits=False, place="gpu", why=f"needs {min(variant.tensor_parallel)} GPUs, {len(able)} can run it")
    for degree in degrees:
        fit = _spread(model, variant, roomiest[:degree])
        if fit.fits:
            break
    return fit


def _spread(model: LogicalModel, variant: GpuVariant, gpus: Sequence[Gpu]) -> Fit:
    cache = variant.max_model_len * model.architecture.cache_bytes_per_token()
    heads_apart = min(len(gpus), model.architecture.kv_heads)
    needed = variant.download // len(gpus) + cache // heads_apart + variant.overhead
    share = min([variant.gpu_memory_utilization, *(_free_share(gpu) for gpu in gpus)])
    available = min(int(share * gpu.total_bytes) for gpu in gpus)
    names = ", ".join(str(gpu.index) for gpu in gpus)
    where = f"GPU {names}" if len(gpus) == 1 else f"each of GPUs {names}"
    parts = _parts(variant.download // len(gpus), cache // heads_apart, variant.max_model_len, variant.overhead)
    why = f"{'takes' if needed <= available else 'needs'} {_gb(needed)} ({parts}) of {_gb(available)} on {where}"
    if share < variant.gpu_memory_utilization:
        taken = max(gpu.total_bytes - gpu.free_bytes for gpu in gpus)
        why += f"; other programs hold {_gb(taken)}, so vLLM gets {share:.2f} of the memory instead of "
        why += f"{variant.gpu_memory_utilization:.2f}"
    return Fit(
        fits=needed <= available,
        why=why,
        place="gpu",
        needed_bytes=needed,
        available_bytes=available,
        devices=tuple(gpu.index for gpu in gpus),
        share=share,
    )


def _free_share(gpu: Gpu) -> float:
    return max(0, math.floor((gpu.free_bytes - _CONTEXT_BYTES) / gpu.total_bytes * 100)) / 100


def fit_ollama(model: LogicalModel, hardware: Hardware, *, reaches_gpu: bool) -> Fit:
    """Return whether Ollama can hold the model: on the GPUs that it reaches, else in RAM."""
    variant = model.cpu
    cache = variant.context_length * model.architecture.cache_bytes_per_token()
    needed = variant.download + cache + variant.overhead
    parts = _parts(variant.download, cache, variant.context_length, variant.overhead)
    if reaches_gpu and needed <= (on_gpu := _gpu_room(hardware)):
        why = f"takes {_gb(needed)} ({parts}) of {_gb(on_gpu)} on the GPU"
        return Fit(fits=True, place="gpu", why=why, needed_bytes=needed, available_bytes=on_gpu)
    available = max(0, hardware.ram_free_bytes - _RAM_RESERVE_BYTES)
    fits = needed <= available
    why = f"{'takes' if fits else 'needs'} {_gb(needed)} ({parts}) of {_gb(available)} in RAM{_ram_limit(hardware)}"
    slow = variant.download > _SLOW_BYTES
    return Fit(fits=fits, place="ram", why=why, needed_bytes=needed, available_bytes=available, slow=slow)


def has_unified_memory(hardware: Hardware) -> bool:
    """Tell whether GPU and processor share one memory: Apple's chips, NVIDIA's Grace and Jetson boards."""
    apple = hardware.platform == "darwin" and hardware.arch in {"arm64", "aarch64"}
    return apple or any(gpu.unified for gpu in hardware.gpus)


def _gpu_room(hardware: Hardware) -> int:
    if hardware.gpus:
        return sum(max(0, gpu.free_bytes - _GPU_RESERVE_BYTES) for gpu in hardware.gpus)
    if not has_unified_memory(hardware):
        return 0
    # What Metal recommends as working set: two thirds of the memory, three quarters from 36 GiB on.
    part = 0.75 if hardware.ram_total_bytes >= 36 * _GIB else 2 / 3
    return min(int(part * hardware.ram_total_bytes), max(0, hardware.ram_free_bytes - _RAM_RESERVE_BYTES))


def _ram_limit(hardware: Hardware) -> str:
    if hardware.ram_usable_bytes >= hardware.ram_total_bytes:
        return ""
    limit, total = _gb(hardware.ram_usable_bytes), _gb(hardware.ram_total_bytes)
    return f" (the control group gives this process {limit} of {total})"


def _parts(weights: int, cache: int, tokens: int, overhead: int) -> str:
    sizes = f"{weights / 1e9:.1f} weights + {cache / 1e9:.1f} cache for {tokens:,} tokens"
    return f"{sizes} + {overhead / 1e9:.1f} overhead"


def _gb(number: int) -> str:
    return f"{number / 1e9:.1f} GB"
