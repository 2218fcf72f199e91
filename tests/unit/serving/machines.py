"""Describe the machines that the plan is tested on.

tests/unit/serving/machines.py - v0.1.0
"""

from seedbed.hardware import Gpu, Hardware
from seedbed.serving.machine import Means

GB = 1_000_000_000
NOTHING = Means()
COMPOSE = Means(compose=True)
GPU_COMPOSE = Means(compose=True, container_gpus="CDI")
OLLAMA = Means(ollama=True)


def gpu(total, used=0.4, *, index=0, name="GPU", capability="8.9", unified=False):
    return Gpu(
        index=index,
        name=name,
        total_bytes=int(total * GB),
        free_bytes=int((total - used) * GB),
        compute_capability=capability,
        driver="580.1",
        unified=unified,
    )


def machine(ram, free=None, *, gpus=(), limit=None, platform="linux", arch="x86_64"):
    return Hardware(
        platform=platform,
        arch=arch,
        cpu_model="a processor",
        cpu_family="vendor-1",
        instruction_sets=("avx2",),
        num_physical_cores=4,
        num_logical_cores=8,
        num_usable_cores=8,
        ram_total_bytes=ram * GB,
        ram_usable_bytes=(limit or ram) * GB,
        ram_free_bytes=int((ram * 0.75 if free is None else free) * GB),
        gpus=gpus,
        no_gpu_reason="" if gpus else "no NVIDIA device is visible (no /dev/nvidiactl)",
    )


EIGHT_H100 = tuple(gpu(85.0, 0.6, index=i, name="H100", capability="9.0") for i in range(8))
ONE_BUSY_OF_TWO = (gpu(25.4, 24.0, index=0), gpu(25.4, 0.4, index=1))
