"""Run the encoder that the documentation shows.

tests/unit/embedding/test_own_encoder_page.py - v0.1.0
"""

import re
from pathlib import Path

import numpy as np
import pytest

from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.ports import Embedder
from seedbed.errors import UserError

PAGE = Path(__file__).parents[3] / "docs/how-to/own-encoder.md"


def test_the_encoder_in_the_documentation_keeps_the_promises(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, type[Embedder]] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    embedder = names["LetterEmbedder"](EmbeddingConfig(), tmp_path)  # type: ignore[call-arg]
    answer = embedder.embed(["abba", "a"])
    assert answer.vectors.shape == (2, embedder.fingerprint().dimension)
    assert answer.vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(answer.vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(embedder.embed(["a"]).vectors, answer.vectors[1:])
    assert embedder.embed([]).vectors.shape == (0, embedder.fingerprint().dimension)
    assert embedder.tokenizer_file().is_file()
    with pytest.raises(UserError, match="empty"):
        embedder.embed([" "])
