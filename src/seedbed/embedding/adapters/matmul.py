"""Measure how fast this machine multiplies matrices.

src/seedbed/embedding/adapters/matmul.py - v0.1.0

```mermaid
flowchart LR
    matmul_unit --> Fingerprint
    matmul_gflops --> torch.mm
```
"""

import time

import torch

from seedbed.embedding.fingerprint import Fingerprint

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_SIZES = {"cpu": 1536, "cuda": 8192}
_REPEATS = 4


def matmul_unit(fingerprint: Fingerprint) -> str | None:
    """Return device and precision that an encoder multiplies in: "cpu bf16"; None where torch does not multiply it."""
    if fingerprint.precision not in _DTYPES:
        return None
    device = "cuda" if fingerprint.backend != "openvino" and torch.cuda.is_available() else "cpu"
    return f"{device} {fingerprint.precision}"


def matmul_gflops(unit: str) -> float:
    """Return the best rate of four square products, in 10^9 operations a second, on as many threads as torch has."""
    device, precision = unit.split()
    size = _SIZES[device]
    matrix = torch.randn(size, size, device=device).to(_DTYPES[precision])
    taken = []
    for _ in range(1 + _REPEATS):  # the first one warms up
        started = time.perf_counter()
        torch.mm(matrix, matrix)
        if device == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return 2 * size**3 / min(taken[1:]) / 1e9
