"""Say in which precision a model runs here, and why.

src/seedbed/embedding/precision.py - v0.1.0

Having the instructions is not enough: on some processors bf16 is slower than fp32. What was measured is kept, because
the vectors of an index must not depend on how busy the machine was today.

```mermaid
flowchart LR
    choose_precision --> unmeasured & kept_rates & judged
    unmeasured --> torch_gpu
    judged --> MatmulRates
```
"""

import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from seedbed.digests import digest_json
from seedbed.embedding.model_kind import torch_gpu
from seedbed.hardware import Hardware

logger = logging.getLogger(__name__)

BF16 = frozenset({"amx_bf16", "avx512_bf16"})
"""Instruction sets that multiply bf16; without one it is emulated, slower than fp32."""
VNNI = frozenset({"amx_int8", "avx512_vnni", "avx_vnni"})
"""Instruction sets that multiply int8; without one it is slower than bf16, and may overflow in 16 bits."""
LEAST_GAIN = 1.5
"""How much faster bf16 has to be to be worth other vectors; the processors seen are at 0.5, 2.3 and 4."""


class MatmulRates(NamedTuple):
    """What one core multiplies, in 10^9 operations a second."""

    fp32: float
    bf16: float

    @property
    def gain(self) -> float:
        """How many times faster bf16 is."""
        return self.bf16 / self.fp32


def choose_precision(
    backend: str, home: Path, hardware: Hardware, measure_rates: Callable[[], MatmulRates]
) -> tuple[Literal["fp32", "bf16", "fp16"], str]:
    """Return what `embedding.precision=auto` means for a backend on this machine, and why.

    The rates are measured once for each model of processor, and kept where the home folder exists.
    """
    if given := unmeasured(backend, hardware):
        return given
    rates = kept_rates(home, hardware)
    if rates is None:
        rates = measure_rates()
        _keep(rates, home, hardware)
    return judged(rates)


def unmeasured(backend: str, hardware: Hardware) -> tuple[Literal["fp32", "fp16"], str] | None:
    """Return the precision, and why, where there is nothing to measure."""
    if backend == "torch" and torch_gpu(hardware):
        return "fp16", "every GPU multiplies it faster than fp32"
    if backend != "openvino":
        return "fp32", f"{backend} runs in fp32 here"
    if not BF16 & set(hardware.instruction_sets):
        return "fp32", f"the processor has none of {sorted(BF16)}"
    return None


def judged(rates: MatmulRates) -> tuple[Literal["fp32", "bf16"], str]:
    """Return the faster precision, as far as it is worth other vectors, and the measured reason.

    >>> judged(MatmulRates(fp32=90.0, bf16=207.0))
    ('bf16', 'bf16 multiplies 2.3 x as fast as fp32, measured; 1.5 x is enough')
    """
    why = f"bf16 multiplies {rates.gain:.1f} x as fast as fp32, measured; {LEAST_GAIN:g} x is enough"
    return "bf16" if rates.gain >= LEAST_GAIN else "fp32", why


def kept_rates(home: Path, hardware: Hardware) -> MatmulRates | None:
    """Return what was measured on such a processor, None where nothing was."""
    try:
        found = json.loads(_file(home, hardware).read_text("utf-8"))
        rates = MatmulRates(float(found["fp32"]), float(found["bf16"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rates if min(rates) > 0 else None


def _keep(rates: MatmulRates, home: Path, hardware: Hardware) -> None:
    file = _file(home, hardware)
    logger.info("precision_measured", extra={"processor": hardware.cpu_model, **rates._asdict()})
    with suppress(OSError):  # a home that cannot be written will be told by whoever has to write there
        if home.is_dir():
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(f".{os.getpid()}.partial")
            partial.write_text(json.dumps({"processor": hardware.cpu_model, **rates._asdict()}) + "\n", "utf-8")
            partial.replace(file)


def _file(home: Path, hardware: Hardware) -> Path:
    name = digest_json([hardware.arch, hardware.cpu_family, hardware.cpu_model, hardware.instruction_sets])
    return home / "hardware" / f"{name[:16]}.json"
