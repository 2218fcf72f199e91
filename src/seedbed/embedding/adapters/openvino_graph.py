"""Keep the graph of each model, built once.

src/seedbed/embedding/adapters/openvino_graph.py - v0.1.0

Only building needs torch: afterwards a process starts in a second or two. OpenVINO reports its import and every
conversion to its makers when it finds `openvino_telemetry`, so it does not find it.

```mermaid
flowchart LR
    graph_file --> owned_lock & load_openvino
    graph_file --> convert & quantise
    graph_file --> WorldError
```
"""

import json
import logging
import os
import shutil
import sys
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from seedbed.digests import digest_file, digest_json
from seedbed.embedding.adapters.openvino_conversion import convert
from seedbed.embedding.adapters.openvino_int8 import quantise
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.errors import WorldError
from seedbed.locks import owned_lock

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)

_REVISION = 2
"""Counts changes of the conversion."""
_FILES = ("model.xml", "model.bin")
_BUILD_TIMEOUT_S = 900.0


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


def graph_file(fingerprint: Fingerprint, folder: Path, models: Path, tokenizer: "Tokenizer") -> Path:
    """Return the graph of a model folder, built now when it is not there whole; safe in many processes.

    int8 is quantised, with the tokenizer's view of the sample; fp32 and bf16 are the same file, run differently.

    Raises:
        WorldError: the model cannot be read, the result cannot be written, or another process builds it too long.
    """
    key = {
        "model": fingerprint.model_digest,
        "pooling": fingerprint.pooling,
        "openvino": version("openvino"),
        "revision": _REVISION,
    }
    is_int8 = fingerprint.precision == "int8"
    target = models / "openvino" / (digest_json(key) + ("-int8" if is_int8 else ""))
    if not _whole(target):
        what = f"the conversion of model {fingerprint.model!r}"
        with owned_lock(target.with_suffix(".lock"), what, _BUILD_TIMEOUT_S):
            if not _whole(target):  # another process may have built it in the meantime
                _build(fingerprint, folder, target, tokenizer if is_int8 else None)
    return target / _FILES[0]


def _whole(target: Path) -> bool:
    try:
        sums = json.loads((target / "digests.json").read_text("utf-8"))
        return bool(sums == {name: digest_file(target / name) for name in _FILES})
    except (OSError, ValueError):
        return False


def _build(fingerprint: Fingerprint, folder: Path, target: Path, tokenizer: "Tokenizer | None") -> None:
    started = time.perf_counter()
    partial = target.with_suffix(".partial")
    try:
        for old in (partial, target):
            shutil.rmtree(old, ignore_errors=True)
        partial.mkdir(parents=True)
        openvino = load_openvino()
        model = convert(folder, openvino)
        if tokenizer is not None:
            model = quantise(model, tokenizer)
        openvino.save_model(model, partial / _FILES[0], compress_to_fp16=False)
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
