"""Quantise a converted model to int8, with ranges that are fixed beforehand.

src/seedbed/embedding/adapters/openvino_int8.py - v0.1.0

Ranges that are found for each batch (dynamic int8) make a vector depend on its neighbours; calibrated ones do not.
NNCF loads torch and draws bars on stdout, and would report to its makers if it found `openvino_telemetry`.

```mermaid
flowchart LR
    calibrated_digest --> calibration_texts
    quantise --> calibration_texts & Tokenizer
```
"""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.digests import digest_json
from seedbed.embedding.calibration import calibration_texts
from seedbed.errors import WorldError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_REVISION = 2
"""Counts changes of the quantisation below."""
_NOT_QUANTISED = r".*(\d\.output\.dense|ffn\.lin2)/.*"
"""The second product of each feed-forward block (BERT's name, DistilBERT's) makes most of the error."""


def calibrated_digest(model_digest: str, remainder: str) -> str:
    """Return the digest of a model quantised here: of its files, the sample, what does it, the rest's precision."""
    return digest_json([model_digest, remainder, calibration_texts(), version("nncf"), _REVISION])


def quantise(model: Any, tokenizer: "Tokenizer") -> Any:
    """Return the OpenVINO model with int8 matrix products.

    Raises:
        WorldError: NNCF is not installed, or does not run here.
    """
    with _silent():
        try:
            import nncf
        except (ImportError, OSError) as error:
            raise WorldError(
                f"NNCF, which quantises, cannot be loaded: {error}. Example: SEEDBED_EMBEDDING__PRECISION=fp32"
            ) from error
        logging.getLogger("nncf").setLevel(logging.ERROR)  # set_log_level would change handlers that others put there
        inputs = []
        for encoding in tokenizer.encode_batch_fast(list(calibration_texts())):
            ids = np.asarray([encoding.ids], dtype=np.int64)
            inputs.append({"input_ids": ids, "attention_mask": np.ones_like(ids)})
        sample = nncf.Dataset(inputs)
        kept = nncf.IgnoredScope(types=["ScaledDotProductAttention"], patterns=[_NOT_QUANTISED])
        return nncf.quantize(
            model, sample, subset_size=len(inputs), model_type=nncf.ModelType.TRANSFORMER, ignored_scope=kept
        )


@contextmanager
def _silent() -> Iterator[None]:
    extensions = logging.getLogger("torch.utils.cpp_extension")  # warns that there is no GPU
    level = extensions.level
    extensions.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        extensions.setLevel(level)
