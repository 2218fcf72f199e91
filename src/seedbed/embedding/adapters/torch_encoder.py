"""Embed texts with torch, on the GPU where there is one.

src/seedbed/embedding/adapters/torch_encoder.py - v0.1.0

A batch that does not fit into the device's memory is cut in two and so are all later ones: the first batch of a window
is the widest, so what fits is known soon.

```mermaid
classDiagram
    Embedder <|-- TorchEmbedder
    TorchEmbedder ..> token_batches : calls
    TorchEmbedder ..> Embeddings : returns
```
"""

import logging
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, final

import numpy as np
import numpy.typing as npt

from seedbed.embedding.batching import token_batches
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.model_files import model_folder, read_fingerprint
from seedbed.embedding.model_kind import torch_gpu, why_not_plain
from seedbed.embedding.ports import Embedder, Embeddings
from seedbed.embedding.precision import BF16
from seedbed.embedding.tokens import embed_windows, truncating_tokenizer
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from seedbed.embedding.adapters.torch_model import TorchModel

logger = logging.getLogger(__name__)

_WINDOW = 8192
"""Texts that are sorted together; as many again are being tokenised meanwhile."""
_GPU_BF16 = 8.0
"""Compute capability of the first GPUs that multiply bf16."""


@final
class TorchEmbedder(Embedder):
    """Runs a BERT-like model with mean pooling; it is loaded by the first `embed`."""

    def __init__(self, config: EmbeddingConfig, models: Path) -> None:
        self._config = config
        self._models = models
        self._turn = Lock()

    def fingerprint(self) -> Fingerprint:
        """Return what the vectors depend on, read from the model's files.

        Raises:
            UserError: the model is of another kind, or this machine does not multiply in that precision.
        """
        return self._fingerprint

    def tokenizer_file(self) -> Path:
        """Return the model's `tokenizer.json`."""
        return self._folder / "tokenizer.json"

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order; calls from several threads take turns."""
        with self._turn:
            return embed_windows(self._tokenizer, texts, _WINDOW, self._fingerprint.dimension, self._encode)

    def _encode(self, rows: Sequence[Sequence[int]], vectors: npt.NDArray[np.float32]) -> None:
        from torch import OutOfMemoryError

        order, parts = [], []
        batches = token_batches([len(row) for row in rows], self._batch_tokens)
        while batches:
            batch = batches.pop(0)
            try:
                part = self._model.unit_vectors([rows[position] for position in batch])
            except OutOfMemoryError:
                part = None  # the exception holds the tensors of its frames, so what follows happens outside
            if part is not None:
                order += batch
                parts.append(part)
                continue
            left = [*batch, *chain.from_iterable(batches)]
            self._halve(len(batch), len(rows[batch[0]]))
            smaller = token_batches([len(rows[position]) for position in left], self._batch_tokens)
            batches = [[left[each] for each in one] for one in smaller]
        vectors[order] = self._model.fetched(parts)

    def _halve(self, num_texts: int, longest: int) -> None:
        if num_texts == 1:
            raise WorldError(
                f"one text of {longest} tokens does not fit into the memory of the {self._model.device} device; end "
                "what else uses it (nvidia-smi), shorten with SEEDBED_EMBEDDING__MAX_TOKENS, or leave the GPU. "
                "Example: SEEDBED_EMBEDDING__BACKEND=openvino"
            )
        before, self._batch_tokens = self._batch_tokens, num_texts * longest // 2
        self._model.free_memory()
        logger.warning("batch_halved", extra={"batch_tokens": self._batch_tokens, "before": before})

    @cached_property
    def _folder(self) -> Path:
        return model_folder(self._config, self._models)

    @cached_property
    def _fingerprint(self) -> Fingerprint:
        precision: str = self._config.precision
        if precision == "auto":
            precision = "fp16" if torch_gpu(measure()) else "fp32"
        fingerprint = read_fingerprint(self._config, self._folder, backend="torch", precision=precision)
        if reason := why_not_plain(self._folder, fingerprint.pooling):
            raise UserError(
                f"model {self._config.model!r} is not one that the backend 'torch' runs: {reason}. "
                "Example: SEEDBED_EMBEDDING__BACKEND=sentence_transformers"
            )
        if reason := _why_not(precision):
            raise UserError(f"embedding.precision {precision!r} {reason}. Example: SEEDBED_EMBEDDING__PRECISION=fp32")
        return fingerprint

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return truncating_tokenizer(self.tokenizer_file(), self._fingerprint.max_tokens)

    @cached_property
    def _batch_tokens(self) -> int:
        return self._config.batch_tokens or self._model.default_batch_tokens()

    @cached_property
    def _model(self) -> "TorchModel":
        import torch
        from safetensors import SafetensorError

        from seedbed.embedding.adapters.torch_model import TorchModel

        device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cpu" and self._fingerprint.precision == "fp16":
            raise WorldError(
                f"torch {torch.__version__} does not reach the GPU that the driver reports, and a CPU emulates fp16. "
                "Next: seedbed doctor. Example: SEEDBED_EMBEDDING__PRECISION=fp32"
            )
        num_threads = self._config.num_threads or measure().num_usable_cores
        torch.set_num_threads(num_threads)
        try:
            model = TorchModel(self._folder, self._fingerprint.precision, device)
        except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
            reason = " ".join(str(error).split())[:300]
            raise WorldError(f"model {self._config.model!r} in {self._folder} cannot be loaded: {reason}") from error
        logger.info(
            "model_loaded",
            extra={
                "model": self._config.model,
                "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
                "num_threads": num_threads,
                "attention": "packed" if model.packs else "sdpa",
            },
        )
        return model


def _why_not(precision: str) -> str:
    """Return why torch should not run here in this precision, "" where it should."""
    hardware = measure()
    if precision not in ("fp32", "bf16", "fp16"):
        return "is not one that the backend 'torch' has; choose one of ['bf16', 'fp16', 'fp32']"
    if gpu := torch_gpu(hardware):
        too_old = precision == "bf16" and float(gpu.compute_capability) < _GPU_BF16
        return f"needs compute capability 8.0, the {gpu.name} has {gpu.compute_capability}" if too_old else ""
    if precision == "fp16":
        return "needs a GPU: a CPU emulates it at a hundredth of the speed"
    if precision == "bf16" and not BF16 & set(hardware.instruction_sets):
        return f"needs a processor with one of {sorted(BF16)}, this one ({hardware.cpu_model}) has none"
    return ""
