"""Specify what every encoder does.

src/seedbed/testing/encoders.py - v0.1.0

Derive a class of tests from it, and give it your encoder: what it holds of meaning is yours to test.

```mermaid
classDiagram
    EncoderContract ..> Embedder : asks
    EncoderContract ..> EmbeddingConfig : asks
```
"""

import numpy as np
import pytest

from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.ports import Embedder
from seedbed.errors import UserError

TEXTS = ["parse a date from a string", "a cat sat on the mat", "word " * 400]


class EncoderContract:
    """Promises of an `Embedder`."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        """Return the encoder."""
        pytest.fail(f"{type(self).__name__} needs a fixture `embedder`: see docs/how-to/own-encoder.md", pytrace=False)

    def test_vectors_are_unit_rows_in_the_order_of_the_texts(self, embedder: Embedder) -> None:
        together = embedder.embed(TEXTS).vectors
        assert together.shape == (3, embedder.fingerprint().dimension)
        assert together.dtype == np.float32
        assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
        alone = np.concatenate([embedder.embed([text]).vectors for text in TEXTS])
        assert np.allclose(together, alone, atol=1e-5)

    def test_equal_batches_give_equal_bits(self, embedder: Embedder) -> None:
        assert embedder.embed(TEXTS).vectors.tobytes() == embedder.embed(TEXTS).vectors.tobytes()

    def test_tokens_are_counted_and_said_to_be_truncated_only_at_the_limit(self, embedder: Embedder) -> None:
        answer, limit = embedder.embed(TEXTS), embedder.fingerprint().max_tokens
        assert len(answer.num_tokens) == len(answer.truncated) == len(TEXTS)
        assert all(0 < number <= limit for number in answer.num_tokens)
        assert all(number == limit for number in answer.num_tokens[answer.truncated])

    def test_no_texts_give_no_rows(self, embedder: Embedder) -> None:
        assert embedder.embed([]).vectors.shape == (0, embedder.fingerprint().dimension)

    def test_empty_text_is_refused_by_its_place(self, embedder: Embedder) -> None:
        with pytest.raises(UserError, match="text 1 of 2 is empty"):
            embedder.embed(["one", " \n"])

    def test_fingerprint_stays_the_same_and_its_precision_can_be_chosen(self, embedder: Embedder) -> None:
        before = embedder.fingerprint()
        embedder.embed(["a text"])
        assert embedder.fingerprint() == before
        EmbeddingConfig.model_validate({"precision": before.precision})

    def test_what_counts_tokens_when_texts_are_cut_is_there(self, embedder: Embedder) -> None:
        assert embedder.tokenizer_file().is_file()
