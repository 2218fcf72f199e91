"""Turn a model's configuration into the encoder that runs it here.

src/seedbed/wiring_encoders.py - v0.1.0

```mermaid
flowchart LR
    embedder --> _chosen
    embedder --> DeclaredEmbedder
    _chosen --> _matmul_rates
```
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.embedding.config import ENCODERS, EmbeddingConfig
from seedbed.embedding.ports import Embedder

if TYPE_CHECKING:
    from seedbed.embedding.precision import MatmulRates

logger = logging.getLogger(__name__)


def embedder(config: EmbeddingConfig, home: Path) -> Embedder:
    """Return the configured encoder; its model is loaded when the first text is embedded."""
    models = home / "models"
    if config.backend not in ENCODERS.built_in:
        from seedbed.embedding.declared import DeclaredEmbedder

        return DeclaredEmbedder(config, ENCODERS.make(config.backend, Embedder, config, models))
    chosen = _chosen(config, home)
    match chosen.backend:
        case "openvino":
            from seedbed.embedding.adapters.openvino import OpenVinoEmbedder

            return OpenVinoEmbedder(chosen, models)
        case "torch":
            from seedbed.embedding.adapters.torch_encoder import TorchEmbedder

            return TorchEmbedder(chosen, models)
        case _:
            from seedbed.embedding.adapters.sentence_transformers import SentenceTransformersEmbedder

            return SentenceTransformersEmbedder(chosen, models)


def _chosen(config: EmbeddingConfig, home: Path) -> EmbeddingConfig:
    """Return the configuration with each "auto" settled; what it became, and why, goes to the log."""
    from seedbed.embedding.model_files import model_folder, read_fingerprint
    from seedbed.embedding.model_kind import choose_backend
    from seedbed.embedding.precision import choose_precision
    from seedbed.hardware import measure

    chosen: dict[str, str] = {}
    reasons = []
    if (backend := config.backend) == "auto":
        folder = model_folder(config, home / "models")
        pooling = read_fingerprint(config, folder, backend="auto", precision="auto").pooling
        backend, why = choose_backend(folder, pooling)
        chosen["backend"] = backend
        reasons.append(why)
    if config.precision == "auto":
        chosen["precision"], why = choose_precision(backend, home, measure(), _matmul_rates)
        reasons.append(why)
    if not chosen:
        return config
    settled = config.model_copy(update=chosen)
    extra = {"backend": settled.backend, "precision": settled.precision, "why": "; ".join(reasons)}
    logger.info("encoder_chosen", extra=extra)
    return settled


def _matmul_rates() -> "MatmulRates":
    from seedbed.embedding.adapters.openvino_rates import matmul_rates

    return matmul_rates()
