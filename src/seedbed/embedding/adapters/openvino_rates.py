"""Measure what one core multiplies, in fp32 and in bf16.

src/seedbed/embedding/adapters/openvino_rates.py - v0.1.0

In turns, the best of each, in processor time: so little of it depends on what else runs on the machine.

```mermaid
flowchart LR
    matmul_rates --> load_openvino & MatmulRates
```
"""

import time
from typing import Any

import numpy as np

from seedbed.embedding.adapters.openvino_graph import load_openvino
from seedbed.embedding.precision import MatmulRates

_SIZE = 512
_CHAINED = 4
_ROUNDS = 8


def matmul_rates(num_threads: int = 1, size: int = _SIZE) -> MatmulRates:
    """Return the rates of OpenVINO's own matrix products (0.3 s for one thread, and its import).

    Raises:
        WorldError: OpenVINO does not run here.
    """
    openvino = load_openvino()
    core, model = openvino.Core(), _products(openvino, size)
    values = np.full((size, size), 0.5, dtype=np.float32)
    requests = {}
    for precision in ("f32", "bf16"):
        options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": num_threads, "NUM_STREAMS": 1}
        requests[precision] = core.compile_model(model, "CPU", options).create_infer_request()
        requests[precision].infer([values])
    taken: dict[str, list[float]] = {precision: [] for precision in requests}
    for _ in range(_ROUNDS):
        for precision, request in requests.items():
            started = time.process_time()
            request.infer([values])
            taken[precision].append(time.process_time() - started)
    operations = 2 * size**3 * _CHAINED / 1e9
    return MatmulRates(operations / min(taken["f32"]), operations / min(taken["bf16"]))


def _products(openvino: Any, size: int) -> Any:
    operations = openvino.opset13
    given = operations.parameter([size, size], np.float32)
    weights = np.random.default_rng(7).standard_normal((size, size), dtype=np.float32) / np.float32(np.sqrt(size))
    product = given
    for _ in range(_CHAINED):
        product = operations.matmul(product, operations.constant(weights), False, False)
    return openvino.Model([operations.result(product)], [given])
