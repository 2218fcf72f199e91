"""Run a BERT-like model in torch, on a GPU or a CPU.

src/seedbed/embedding/adapters/torch_model.py - v0.1.0

On a GPU in half precision the texts of a batch lie end to end, without padding, and FlashAttention keeps them apart.
That is tried once on a few rows, and left when it fails or gives other vectors than padding does.

```mermaid
classDiagram
    TorchModel ..> padded : calls
    TorchModel ..> PackedAttention : registers
```
"""

import inspect
import logging
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import AttentionInterface, AutoModel
from transformers.utils import logging as transformers_logging

from seedbed.embedding.tokens import padded

logger = logging.getLogger(__name__)

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

_PACKED = "seedbed_packed"
_LEAST_COSINE = 0.999
_CPU_BATCH_TOKENS = 2048
_MOST_BATCH_TOKENS = 65_536
"""More fills no GPU better, and the ends of a window are batches that are not full."""

type Rows = Sequence[Sequence[int]]
type PackedAttention = Callable[..., tuple[torch.Tensor, None]]


class TorchModel:
    """One loaded model: token ids in, unit vectors out; rows longer than memory raise torch.OutOfMemoryError."""

    def __init__(self, folder: Path, precision: str, device: str) -> None:
        self.device = device
        self._dtype = DTYPES[precision]
        if device == "cuda":
            torch.set_float32_matmul_precision("high")
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # upstream is untyped
        model: Any = AutoModel.from_pretrained(  # a folder, nothing is fetched  # nosec B615
            folder,
            attn_implementation="sdpa",
            dtype=self._dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )
        self._model = model.eval().to(device)
        config = model.config
        self._pad_id = int(config.pad_token_id or 0)
        # RoBERTa counts positions from behind the padding: https://github.com/huggingface/transformers/issues/5285
        self._first_position = self._pad_id + 1 if "roberta" in config.model_type else 0
        self.packs = self._can_pack()

    def unit_vectors(self, rows: Rows) -> torch.Tensor:
        """Return (n, d) float32 on the device, on which the work may still go on."""
        return self._packed(rows) if self.packs else self._padded(rows)

    def fetched(self, parts: Sequence[torch.Tensor]) -> npt.NDArray[np.float32]:
        """Wait for the device and return all parts, one below the other, in one copy."""
        vectors: npt.NDArray[np.float32] = torch.cat(list(parts)).cpu().numpy()
        return vectors

    def default_batch_tokens(self) -> int:
        """Return how many padded tokens go into one forward pass: by free memory on a GPU, constant on a CPU."""
        if self.device != "cuda":
            return _CPU_BATCH_TOKENS
        free_bytes, _ = torch.cuda.mem_get_info()
        return gpu_batch_tokens(free_bytes, bytes_per_token(self._model.config, self._dtype.itemsize))

    def free_memory(self) -> None:
        """Give back what the allocator of the device keeps for later."""
        if self.device == "cuda":
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _padded(self, rows: Rows) -> torch.Tensor:
        ids, mask = (self._sent(array) for array in padded(rows, self._pad_id))
        states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        return torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=1)

    @torch.inference_mode()
    def _packed(self, rows: Rows) -> torch.Tensor:
        lengths = np.asarray(list(map(len, rows)))
        ends = np.cumsum(lengths)
        total = int(ends[-1])
        ids = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=total)
        positions = np.arange(total) - np.repeat(ends - lengths, lengths) + self._first_position
        bounds = self._sent(np.concatenate([[0], ends]).astype(np.int32))
        longest = int(lengths.max())
        states = self._model(
            input_ids=self._sent(ids[None]),
            position_ids=self._sent(positions[None]),
            cu_seq_lens_q=bounds,
            cu_seq_lens_k=bounds,
            max_length_q=longest,
            max_length_k=longest,
        ).last_hidden_state[0]
        # unsafe: comparing the sum of the lengths with the tokens would wait for the device
        means = torch.segment_reduce(states.float(), "mean", lengths=self._sent(lengths), axis=0, unsafe=True)
        return torch.nn.functional.normalize(means, dim=1)

    def _sent(self, array: npt.NDArray[Any]) -> torch.Tensor:
        tensor = torch.from_numpy(array)
        if self.device != "cuda":
            return tensor
        return tensor.pin_memory().to(self.device, non_blocking=True)

    def _can_pack(self) -> bool:
        if self.device != "cuda" or self._dtype == torch.float32:
            return False
        if (attend := packed_attention()) is None:
            return self._padding_because("this torch has no varlen_attn")
        AttentionInterface.register(_PACKED, attend)
        rows = [[self._pad_id + 1 + (row + column) % 97 for column in range(3 + 5 * row)] for row in range(4)]
        try:
            theirs = self._padded(rows)
            self._model.set_attn_implementation(_PACKED)
            cosine = float((self._packed(rows) * theirs).sum(1).min())
        except (RuntimeError, ValueError, TypeError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
        else:
            if cosine >= _LEAST_COSINE:
                return True
            reason = f"its vectors are another model's: cosine {cosine:.6f}"
        self._model.set_attn_implementation("sdpa")
        return self._padding_because(reason)

    def _padding_because(self, why: str) -> bool:
        logger.info("packing_left", extra={"device": self.device, "why": why})
        return False


def packed_attention() -> PackedAttention | None:
    """Return attention for texts that lie end to end, in the form transformers calls; None where torch has none."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    if "num_splits" not in inspect.signature(varlen_attn).parameters:
        return None

    def attend(
        _module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        _mask: torch.Tensor | None,
        *,
        scaling: float,
        cu_seq_lens_q: torch.Tensor,
        max_length_q: int,
        **_: object,
    ) -> tuple[torch.Tensor, None]:
        queries, keys, values = (each[0].transpose(0, 1) for each in (query, key, value))
        bounds, longest = cu_seq_lens_q, max_length_q
        # one split: a text's bits must not depend on which texts lie beside it
        attended: Any = varlen_attn(
            queries, keys, values, bounds, bounds, longest, longest, scale=scaling, num_splits=1
        )
        return attended.unsqueeze(0), None

    return attend


def bytes_per_token(config: Any, itemsize: int) -> int:
    """Return what one padded token may cost at the widest layer: states, the inner layer twice, a row of attention."""
    width = int(config.hidden_size)
    inner = int(getattr(config, "intermediate_size", 0) or getattr(config, "hidden_dim", 4 * width))
    attention = 2 * int(config.num_attention_heads) * int(config.max_position_embeddings)
    return itemsize * (8 * width + 2 * inner + attention) + 4 * 2 * width


def gpu_batch_tokens(free_bytes: int, token_bytes: int) -> int:
    """Return the budget that fills half of the free memory, between what is worth a launch and what fills any GPU.

    >>> gpu_batch_tokens(80_000_000_000, 40_000), gpu_batch_tokens(1_000_000_000, 40_000), gpu_batch_tokens(0, 40_000)
    (65536, 12500, 1024)
    """
    return min(_MOST_BATCH_TOKENS, max(1024, free_bytes // 2 // token_bytes))
