"""Say which runtime can run a model here, and why.

src/seedbed/embedding/model_kind.py - v0.1.0

Our own graph is transformer, mean, unit length; a model that does anything else would come out silently different.

```mermaid
flowchart LR
    choose_backend --> why_not_plain & torch_gpu & measure
    why_not_plain --> read_json
```
"""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from seedbed.embedding.model_files import read_json
from seedbed.hardware import Gpu, Hardware, measure

_PLAIN_TYPES = frozenset({"bert", "distilbert", "roberta", "xlm-roberta"})
_PLAIN_MODULES = frozenset({"Transformer", "Pooling", "Normalize"})
_MEAN = frozenset({"mean", "pooling_mode_mean_tokens"})


def why_not_plain(folder: Path, pooling: str) -> str:
    """Return what the model does beyond a BERT-like encoder and a mean over its tokens, "" for nothing."""
    if pooling not in _MEAN:
        return f"its pooling is {pooling!r}, not the mean"
    kind = read_json(folder / "config.json", {}).get("model_type")
    if kind not in _PLAIN_TYPES:
        return f"its type is {kind!r}, none of {sorted(_PLAIN_TYPES)}"
    modules = read_json(folder / "modules.json", [])
    if extra := {module["type"].rsplit(".", 1)[-1] for module in modules} - _PLAIN_MODULES:
        return f"it has the modules {sorted(extra)}"
    if modules and modules[0]["path"]:
        return f"its transformer lies in the subfolder {modules[0]['path']!r}"
    if read_json(folder / "sentence_bert_config.json", {}).get("do_lower_case"):
        return "it lower-cases outside its tokenizer"
    if prompt := read_json(folder / "config_sentence_transformers.json", {}).get("default_prompt_name"):
        return f"it puts its prompt {prompt!r} before every text"
    return ""


def choose_backend(
    folder: Path, pooling: str, hardware: Hardware | None = None
) -> tuple[Literal["openvino", "torch", "sentence_transformers"], str]:
    """Return the runtime that `embedding.backend=auto` means for this model on this machine, and why."""
    if reason := why_not_plain(folder, pooling):
        return "sentence_transformers", reason
    hardware = hardware or measure()
    if gpu := torch_gpu(hardware):
        return "torch", f"it uses the {gpu.name}"
    if find_spec("openvino") is None:
        return "sentence_transformers", "openvino is not installed"
    if (hardware.platform, hardware.arch) == ("darwin", "arm64"):
        return "sentence_transformers", "it uses the GPU of Apple's chips"
    return "openvino", "fastest on a CPU"


def torch_gpu(hardware: Hardware) -> Gpu | None:
    """Return the GPU that torch will use; None where there is none, or torch is the build for CPUs."""
    return hardware.gpus[0] if hardware.gpus and not _torch_is_for_cpu() else None


def _torch_is_for_cpu() -> bool:
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return True
