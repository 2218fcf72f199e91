"""Convert a BERT-like model into a graph that gives unit vectors.

src/seedbed/embedding/adapters/openvino_conversion.py - v0.1.0

Attention runs over a multiple of 16 keys: OpenVINO's gives other last bits for other numbers of keys, so that a text's
vector would depend on the width of its batch, by 5e-4 in bf16 and 2e-3 in int8.

```mermaid
flowchart LR
    convert --> padded_encoder --> attend
    padded_encoder --> quiet
```
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_KEYS = 16
_NAME = "seedbed_padded_keys"


def convert(folder: Path, openvino: Any) -> Any:
    """Return the OpenVINO model: mean over the tokens, scaled to length 1.

    Inputs `input_ids` and `attention_mask`, both (n, tokens) int64; output (n, d) float32.
    """
    import torch

    class UnitMean(torch.nn.Module):
        def __init__(self, encoder: torch.nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    example = torch.full((2, 7), 5, dtype=torch.int64)
    mask = torch.ones_like(example)
    mask[1, 4:] = 0  # transformers would leave a mask of ones out of the graph
    with quiet(), torch.no_grad():
        inputs = {"input_ids": example, "attention_mask": mask}
        return openvino.convert_model(UnitMean(padded_encoder(folder).eval()), example_input=inputs)


def padded_encoder(folder: Path) -> Any:
    """Return the model of a folder in torch, in fp32, with attention over a multiple of 16 keys."""
    import torch
    from transformers import AutoModel
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    def attend(
        _layer: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        scaling: float | None = None,
        **_: object,
    ) -> tuple[torch.Tensor, None]:
        if attention_mask is None:  # transformers leaves out one that masks nothing, which a graph must not
            attention_mask = query.new_ones((1, 1, 1, key.shape[2]), dtype=torch.bool)
        missing = -key.shape[2] % _KEYS
        key, value = (torch.nn.functional.pad(states, (0, 0, 0, missing)) for states in (key, value))
        mask = torch.nn.functional.pad(attention_mask, (0, missing), value=False)
        states = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)
        return states.transpose(1, 2).contiguous(), None

    ALL_ATTENTION_FUNCTIONS.register(_NAME, attend)
    ALL_MASK_ATTENTION_FUNCTIONS.register(_NAME, sdpa_mask)
    with quiet():
        return AutoModel.from_pretrained(  # a folder, nothing is fetched  # nosec B615
            folder,
            attn_implementation=_NAME,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what says nothing to a user: the pooler is unused, and tracing warns of every branch on a shape."""
    from transformers.utils import logging as transformers_logging

    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
