"""Embed texts with sentence-transformers, in fp32.

src/seedbed/embedding/adapters/sentence_transformers.py - v0.1.0

sentence-transformers truncates silently, so the tokens are counted here.

```mermaid
classDiagram
    Embedder <|-- SentenceTransformersEmbedder
    SentenceTransformersEmbedder ..> model_folder : calls
    SentenceTransformersEmbedder ..> Embeddings : returns
```
"""

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np

from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.fingerprint import Fingerprint
from seedbed.embedding.model_files import model_folder, read_fingerprint
from seedbed.embedding.ports import Embedder, Embeddings, refuse_empty
from seedbed.errors import UserError, WorldError
from seedbed.hardware import measure

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)


@final
class SentenceTransformersEmbedder(Embedder):
    """Runs a model folder or hub model in this process; the model is loaded by the first `embed`."""

    def __init__(self, config: EmbeddingConfig, models: Path) -> None:
        self._config = config
        self._models = models

    def fingerprint(self) -> Fingerprint:
        """Return what the vectors depend on, read from the model's files."""
        return self._fingerprint

    def tokenizer_file(self) -> Path:
        """Return the model's `tokenizer.json`."""
        return self._folder / "tokenizer.json"

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return one unit vector per text, in order."""
        if not texts:
            empty = np.empty((0, self._fingerprint.dimension), dtype=np.float32)
            return Embeddings(empty, np.empty(0, dtype=np.int32), np.empty(0, dtype=np.bool_))
        refuse_empty(texts)
        lengths = [len(encoding) for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        num_tokens = np.asarray(lengths, dtype=np.int32)
        limit = self._fingerprint.max_tokens
        vectors = self._model.encode(
            list(texts), batch_size=self._config.batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return Embeddings(
            np.ascontiguousarray(vectors, dtype=np.float32), np.minimum(num_tokens, limit), num_tokens > limit
        )

    @cached_property
    def _folder(self) -> Path:
        return model_folder(self._config, self._models)

    @cached_property
    def _fingerprint(self) -> Fingerprint:
        if self._config.precision not in {"auto", "fp32"}:
            raise UserError(
                f"embedding.precision {self._config.precision!r} needs the backend 'openvino' or 'torch'; "
                "sentence_transformers runs in 'fp32'. Example: SEEDBED_EMBEDDING__PRECISION=fp32"
            )
        return read_fingerprint(self._config, self._folder, backend="sentence_transformers", precision="fp32")

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.tokenizer_file()))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> "SentenceTransformer":
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # upstream is untyped

        num_threads = self._config.num_threads or measure().num_usable_cores
        torch.set_num_threads(num_threads)
        try:
            model = SentenceTransformer(
                str(self._folder),
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True, "dtype": torch.float32},
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise WorldError(f"model {self._config.model!r} in {self._folder} cannot be loaded: {error}") from error
        model.max_seq_length = self._fingerprint.max_tokens
        logger.info(
            "model_loaded",
            extra={"model": self._config.model, "device": str(model.device), "num_threads": num_threads},
        )
        return model
