"""Measure what this machine offers to a computation.

src/seedbed/hardware.py - v0.1.0

"Usable" is what this process gets: affinity and control group limits, which containers set and `os.cpu_count` ignores.

```mermaid
flowchart LR
    measure --> Hardware & hardware_cpu & measure_gpus
    measure_gpus --> Gpu & pynvml
    container_gpu_runtime --> shutil.which
```
"""

import functools
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from seedbed import hardware_cpu

_CDI_FOLDERS = (Path("/etc/cdi"), Path("/var/run/cdi"))
_NVIDIA_NODES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))


class Gpu(BaseModel):
    """One NVIDIA device, as its driver describes it."""

    model_config = ConfigDict(frozen=True)

    index: NonNegativeInt
    """Position in PCI order, whatever CUDA_VISIBLE_DEVICES says."""
    name: str
    total_bytes: PositiveInt
    free_bytes: NonNegativeInt
    """When it was measured; `measure_gpus` measures it again."""
    compute_capability: str
    """Like "9.0"."""
    driver: str
    unified: bool = False
    """Its memory is the processor's: what one takes the other lacks."""


class Hardware(BaseModel):
    """What the machine has and what this process may use of it."""

    model_config = ConfigDict(frozen=True)

    platform: str
    arch: str
    cpu_model: str
    """As the vendor prints it."""
    cpu_family: str
    """Vendor and generation, equal for processors of one design: "GenuineIntel-6-207"."""
    instruction_sets: tuple[str, ...]
    """Sorted names in Linux spelling ("avx512_bf16"), with "neon" for Arm's asimd."""
    num_physical_cores: PositiveInt
    num_logical_cores: PositiveInt
    num_usable_cores: PositiveInt
    """How many threads can compute at once without waiting for each other."""
    ram_total_bytes: PositiveInt
    ram_usable_bytes: PositiveInt
    ram_free_bytes: NonNegativeInt
    """When it was measured, without swapping: what nobody uses, files kept in memory included."""
    gpus: tuple[Gpu, ...] = ()
    no_gpu_reason: str = ""
    """Why `gpus` is empty."""

    def in_a_line(self) -> str:
        """Return the machine as people name it: processor, cores in use, GPU."""
        gpus = "".join(f", {gpu.name}" for gpu in self.gpus)
        return f"{self.cpu_model}, {self.num_usable_cores} cores{gpus}"

    def hardware_class(self) -> str:
        """Return one line, equal on machines whose floating point results may be expected to be equal."""
        gpus = ",".join(sorted(gpu.name for gpu in self.gpus)) or "no gpu"
        return f"{self.arch} {self.cpu_family} [{' '.join(self.instruction_sets)}] {gpus}"


@functools.cache
def measure() -> Hardware:
    """Return the hardware, measured once per process (2 ms on Linux without a GPU)."""
    cpu = hardware_cpu.identity()
    num_logical = os.cpu_count() or 1
    memory = psutil.virtual_memory()
    left = hardware_cpu.memory_left_bytes()
    gpus, reason = measure_gpus()
    return Hardware(
        platform=platform.system().lower(),
        arch=platform.machine().lower(),
        cpu_model=cpu.model,
        cpu_family=cpu.family,
        instruction_sets=cpu.instruction_sets,
        num_physical_cores=psutil.cpu_count(logical=False) or num_logical,
        num_logical_cores=num_logical,
        num_usable_cores=hardware_cpu.num_usable_cores(),
        ram_total_bytes=memory.total,
        ram_usable_bytes=min(memory.total, hardware_cpu.memory_limit_bytes() or memory.total),
        ram_free_bytes=memory.available if left is None else min(memory.available, left),
        gpus=gpus,
        no_gpu_reason=reason,
    )


def measure_gpus() -> tuple[tuple[Gpu, ...], str]:
    """Return the NVIDIA devices as they are now, and why there are none ("" when there are)."""
    if platform.system() == "Linux" and not any(node.exists() for node in _NVIDIA_NODES):
        return (), "no NVIDIA device is visible (no /dev/nvidiactl)"
    import pynvml  # 90 ms that machines without a device need not pay

    try:
        pynvml.nvmlInit()
        try:
            found = tuple(_gpu(index) for index in range(pynvml.nvmlDeviceGetCount()))
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        return (), f"the NVIDIA driver does not answer: {error}"
    return found, "" if found else "the NVIDIA driver reports no device"


def _gpu(index: int) -> Gpu:
    import pynvml

    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        total, free, unified = int(memory.total), int(memory.free), False
    except pynvml.NVMLError_NotSupported:  # Grace Blackwell and Jetson boards: the memory is the processor's
        ram = psutil.virtual_memory()
        total, free, unified = ram.total, ram.available, True
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(
        index=index,
        name=str(pynvml.nvmlDeviceGetName(handle)),
        total_bytes=total,
        free_bytes=free,
        compute_capability=f"{major}.{minor}",
        driver=str(pynvml.nvmlSystemGetDriverVersion()),
        unified=unified,
    )


def container_gpu_runtime(timeout_s: float = 5.0) -> str:
    """Return how containers reach a GPU here ("nvidia runtime", "CDI"), "" when they cannot; asking Docker is slow."""
    specs = [spec for folder in _CDI_FOLDERS if folder.is_dir() for spec in folder.glob("*nvidia*")]
    if specs:
        return "CDI"
    docker = shutil.which("docker")
    if docker is None:
        return ""
    try:
        answer = subprocess.run(
            [docker, "info", "--format", "{{json .Runtimes}}"], capture_output=True, timeout=timeout_s, check=True
        )
        runtimes = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return "nvidia runtime" if isinstance(runtimes, dict) and "nvidia" in runtimes else ""
