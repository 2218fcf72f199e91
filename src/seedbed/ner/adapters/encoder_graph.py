"""Run a trained encoder on the CPU, as an OpenVINO graph.

src/seedbed/ner/adapters/encoder_graph.py - v0.1.0

Each batch runs on one thread. A text's scores differ in the last bits by what it is read with: keys padded to multiples
of 16 would give the same bits, for a quarter of the speed.

```mermaid
flowchart LR
    save_graph --> load_openvino
    EncoderGraph --> load_openvino & Pieces
    EncoderGraph --> WorldError
```
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from seedbed.errors import WorldError
from seedbed.hardware import measure
from seedbed.ner.adapters.encoder_pieces import Pieces

if TYPE_CHECKING:
    from seedbed.ner.adapters.encoder_network import EntityNetwork

GRAPH = "model.xml"
_BATCH_TOKENS = 512
_HINTS = {"fp32": "f32", "bf16": "bf16"}


def load_openvino() -> Any:
    """Return the `openvino` module, imported without the telemetry that would report each import to its makers."""
    sys.modules.setdefault("openvino_telemetry", cast("ModuleType", None))
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise WorldError(f"OpenVINO cannot be loaded: {error}; install the versions of uv.lock: make setup") from error
    return openvino


def save_graph(network: "EntityNetwork", folder: Path) -> None:
    """Write a trained network as a graph."""
    import warnings

    import torch

    example = torch.full((2, 7), 5, dtype=torch.int64)
    mask = torch.ones_like(example)
    mask[1, 4:] = 0  # transformers would leave a mask of ones out of the graph
    openvino = load_openvino()
    logging.getLogger("transformers").setLevel(logging.ERROR)  # it warns of a loss that nobody asked for
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of every branch on a shape
        inputs = {"input_ids": example, "attention_mask": mask, "shapes": example % 2}
        graph = openvino.convert_model(network.eval(), example_input=inputs)
    openvino.save_model(graph, folder / GRAPH, compress_to_fp16=False)


class EncoderGraph:
    """Gives scores for pieces."""

    def __init__(self, file: Path, precision: str) -> None:
        """Load the graph.

        Raises:
            WorldError: it cannot be loaded.
        """
        self._num_threads = num_threads = measure().num_usable_cores
        options = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "INFERENCE_NUM_THREADS": num_threads,
            "NUM_STREAMS": num_threads,
        }
        openvino = load_openvino()
        try:
            compiled = openvino.Core().compile_model(file, "CPU", options)
            self._queue = openvino.AsyncInferQueue(compiled, num_threads)
        except RuntimeError as error:
            raise WorldError(
                f"the graph {str(file)!r} cannot be loaded: {' '.join(str(error).split())[:300]}"
            ) from error
        self._queue.set_callback(_keep)

    def scores(self, texts: Sequence[Pieces]) -> list[npt.NDArray[np.float32]]:
        """Return the scores (pieces, tags) of each text."""
        found: list[npt.NDArray[np.float32]] = [_NOTHING] * len(texts)
        for batch in _batches([len(each.ids) for each in texts], self._num_threads):
            self._queue.start_async(list(padded([texts[place] for place in batch])), (found, batch, texts))
        if texts:
            self._queue.wait_all()
        return found


def padded(rows: Sequence[Pieces]) -> Iterator[npt.NDArray[np.int64]]:
    """Yield ids, mask and shapes, each (n, longest)."""
    longest = max(len(row.ids) for row in rows)
    ids, mask, shapes = (np.zeros((len(rows), longest), dtype=np.int64) for _ in range(3))
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = row.ids
        mask[number, : len(row.ids)] = 1
        shapes[number, : len(row.ids)] = row.shapes
    yield from (ids, mask, shapes)


_NOTHING = np.empty((0, 0), dtype=np.float32)


def _keep(request: Any, place: tuple[list[npt.NDArray[np.float32]], list[int], Sequence[Pieces]]) -> None:
    found, batch, texts = place
    scores = request.get_output_tensor(0).data
    for row, position in enumerate(batch):
        found[position] = scores[row, : len(texts[position].ids)].copy()


def _batches(lengths: Sequence[int], num_threads: int) -> Iterator[list[int]]:
    """Yield positions, longest first, as many as stay within the budget when padded; few texts are shared out."""
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    budget = min(_BATCH_TOKENS, -(-sum(lengths) // num_threads))
    start = 0
    while start < len(order):
        num = max(1, round(budget / lengths[order[start]]))
        yield order[start : start + num]
        start += num
