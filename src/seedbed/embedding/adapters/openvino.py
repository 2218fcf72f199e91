"""Embed texts with OpenVINO on the CPU.

src/seedbed/embedding/adapters/openvino.py - v0.1.0

One stream per thread, each batch on one thread: a text gives the same bits whatever is in its batch, whatever runs
beside it, on however many threads.

```mermaid
classDiagram
    Embedder <|-- OpenVinoEmbedder
    OpenVinoEmbedder ..> graph_file : runs
    OpenVinoEmbedder ..> token_batches : calls
```
"""

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, final

import numpy as np
import numpy.typing as npt

from seedbed.embedding.adapters.openvino_graph import graph_file, load_openvino
from seedbed.embedding.adapters.openvino_int8 import calibrated_digest
from seedbed.embedding.batching import token_batches
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.model_files import model_folder, read_fingerprint, read_json
from seedbed.embedding.model_kind import why_not_plain
from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.embedding.precision import BF16, VNNI
from seedbed.embedding.tokens import embed_windows, padded, truncating_tokenizer
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)

_WINDOW = 2048
"""Texts that are tokenised and sorted together; the next ones are tokenised meanwhile, so two windows are in memory."""
_BATCH_TOKENS = 512
"""Fastest or within 4 % of it in every precision with 1 MiB of L2 cache a core; from 2,048 on they all fall behind."""
_OPENVINO_NAME = {"fp32": "f32", "bf16": "bf16"}
_NEEDED = {"fp32": frozenset[str](), "bf16": BF16, "int8": VNNI}


@final
class OpenVinoEmbedder(Embedder):
    """Runs a BERT-like model with mean pooling; it is converted by the first `embed` ever, loaded by the first here.

    `precision=auto` has been settled by whoever knows the machine; here it is fp32.
    """

    def __init__(self, config: EmbeddingConfig, models: Path) -> None:
        self._config = config
        self._models = models
        self._turn = Lock()

    def fingerprint(self) -> Fingerprint:
        """Return what the vectors depend on, read from the model's files.

        Raises:
            UserError: the model is of another kind, or this processor lacks what the precision needs.
        """
        return self._fingerprint

    def tokenizer_file(self) -> Path:
        """Return the model's `tokenizer.json`."""
        return self._folder / "tokenizer.json"

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order; calls from several threads take turns."""
        with self._turn:
            embeddings = embed_windows(self._tokenizer, texts, _WINDOW, self._fingerprint.dimension, self._start)
            if len(texts):
                self._queue.wait_all()
        return embeddings

    def _start(self, rows: Sequence[Sequence[int]], vectors: npt.NDArray[np.float32]) -> None:
        for batch in token_batches([len(row) for row in rows], self._config.batch_tokens or _BATCH_TOKENS):
            inputs = list(padded([rows[position] for position in batch], self._pad_id))
            self._queue.start_async(inputs, (vectors, np.asarray(batch)))

    @cached_property
    def _folder(self) -> Path:
        return model_folder(self._config, self._models)

    @cached_property
    def _fingerprint(self) -> Fingerprint:
        precision = self._config.precision if self._config.precision != "auto" else "fp32"
        fingerprint = read_fingerprint(self._config, self._folder, backend="openvino", precision=precision)
        if reason := why_not_plain(self._folder, fingerprint.pooling):
            raise UserError(
                f"model {self._config.model!r} is not one that the backend 'openvino' runs: {reason}. "
                "Example: SEEDBED_EMBEDDING__BACKEND=sentence_transformers"
            )
        if precision not in _NEEDED:
            raise UserError(
                f"embedding.precision {precision!r} is not one that the backend 'openvino' has; choose one of "
                f"{sorted(_NEEDED)}. Example: SEEDBED_EMBEDDING__PRECISION=fp32"
            )
        if (needed := _NEEDED[precision]) and not needed & set(measure().instruction_sets):
            raise UserError(
                f"embedding.precision {precision!r} needs a processor with one of {sorted(needed)}, this one "
                f"({measure().cpu_model}) has none. Example: SEEDBED_EMBEDDING__PRECISION=fp32"
            )
        if precision == "int8":
            digest = calibrated_digest(fingerprint.model_digest, _remainder())
            return fingerprint.model_copy(update={"model_digest": digest})
        return fingerprint

    @cached_property
    def _pad_id(self) -> int:
        return int(read_json(self._folder / "config.json", {}).get("pad_token_id") or 0)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return truncating_tokenizer(self.tokenizer_file(), self._fingerprint.max_tokens)

    @cached_property
    def _queue(self) -> Any:
        graph = graph_file(self._fingerprint, self._folder, self._models, self._tokenizer)
        openvino = load_openvino()
        num_threads = self._config.num_threads or measure().num_usable_cores
        precision = self._fingerprint.precision
        options = {
            "INFERENCE_PRECISION_HINT": _OPENVINO_NAME[_remainder() if precision == "int8" else precision],
            "INFERENCE_NUM_THREADS": num_threads,
            "NUM_STREAMS": num_threads,
        }
        try:
            queue = openvino.AsyncInferQueue(openvino.Core().compile_model(graph, "CPU", options), num_threads)
        except RuntimeError as error:
            raise WorldError(f"model {self._config.model!r} in {graph} cannot be loaded: {error}") from error
        queue.set_callback(_keep)
        logger.info(
            "model_loaded",
            extra={"model": self._config.model, "device": "cpu", "num_threads": num_threads},
        )
        return queue


def _remainder() -> str:
    """Return the precision of what int8 leaves alone; it moves the vectors, so it is in their digest."""
    return "bf16" if BF16 & set(measure().instruction_sets) else "fp32"


def _keep(request: Any, place: tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]) -> None:
    vectors, rows = place
    vectors[rows] = request.get_output_tensor(0).data
