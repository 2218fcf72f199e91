"""Convert a model, once, into a graph that gives unit vectors.

src/seedbed/embedding/adapters/openvino_graph.py - v0.1.0

Only the conversion needs torch: afterwards a process starts in a second or two. OpenVINO reports its import and every
conversion to its makers when it finds `openvino_telemetry`, so it does not find it.

```mermaid
flowchart LR
    graph_file --> owned_lock & load_openvino
    graph_file --> WorldError
```
"""

import json
import logging
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from seedbed.digests import digest_file, digest_json
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.errors import WorldError
from seedbed.locks import owned_lock

logger = logging.getLogger(__name__)

_REVISION = 1
"""Counts changes of the conversion below."""
_FILES = ("model.xml", "model.bin")
_BUILD_TIMEOUT_S = 300.0


def load_openvino() -> Any:
    """Return the `openvino` module, imported without telemetry.

    Raises:
        WorldError: it is not installed, or does not run here.
    """
    sys.modules.setdefault("openvino_telemetry", cast("ModuleType", None))
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise WorldError(
            f"OpenVINO cannot be loaded: {error}. Example: SEEDBED_EMBEDDING__BACKEND=sentence_transformers"
        ) from error
    return openvino


def graph_file(fingerprint: Fingerprint, folder: Path, models: Path) -> Path:
    """Return the converted model of a model folder, made now when it is not there whole; safe in many processes.

    Inputs `input_ids` and `attention_mask`, both (n, tokens) int64; output (n, d) float32.

    Raises:
        WorldError: the model cannot be read, the result cannot be written, or another process builds it too long.
    """
    key = {
        "model": fingerprint.model_digest,
        "pooling": fingerprint.pooling,
        "openvino": version("openvino"),
        "revision": _REVISION,
    }
    target = models / "openvino" / digest_json(key)
    if not _whole(target):
        what = f"the conversion of model {fingerprint.model!r}"
        with owned_lock(target.with_suffix(".lock"), what, _BUILD_TIMEOUT_S):
            if not _whole(target):  # another process may have built it in the meantime
                _build(fingerprint, folder, target)
    return target / _FILES[0]


def _whole(target: Path) -> bool:
    try:
        sums = json.loads((target / "digests.json").read_text("utf-8"))
        return bool(sums == {name: digest_file(target / name) for name in _FILES})
    except (OSError, ValueError):
        return False


def _build(fingerprint: Fingerprint, folder: Path, target: Path) -> None:
    started = time.perf_counter()
    partial = target.with_suffix(".partial")
    try:
        for old in (partial, target):
            shutil.rmtree(old, ignore_errors=True)
        partial.mkdir(parents=True)
        load_openvino().save_model(_convert(folder), partial / _FILES[0], compress_to_fp16=False)
        sums = {name: digest_file(partial / name) for name in _FILES}
        (partial / "digests.json").write_text(json.dumps(sums), "utf-8")
        for file in partial.iterdir():
            with file.open("rb+") as stream:
                os.fsync(stream.fileno())
        partial.rename(target)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        reason = " ".join(str(error).split())[:300]
        raise WorldError(
            f"model {fingerprint.model!r} in {folder} cannot be converted into {target}: {reason}. "
            "Without conversion: SEEDBED_EMBEDDING__BACKEND=sentence_transformers"
        ) from error
    seconds = round(time.perf_counter() - started, 3)
    logger.info("model_converted", extra={"model": fingerprint.model, "folder": str(target), "seconds": seconds})


@contextmanager
def _quiet() -> Iterator[None]:
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


def _convert(folder: Path) -> Any:
    import torch
    from transformers import AutoModel

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
    with _quiet(), torch.no_grad():
        encoder = AutoModel.from_pretrained(  # nosec B615 - a folder, nothing is fetched
            folder,
            attn_implementation="sdpa",
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )
        inputs = {"input_ids": example, "attention_mask": torch.ones_like(example)}
        return load_openvino().convert_model(UnitMean(encoder.eval()), example_input=inputs)
