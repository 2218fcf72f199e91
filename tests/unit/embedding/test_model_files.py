"""Specify what is said of a model's folder that does not say what it should.

tests/unit/embedding/test_model_files.py - v0.1.0
"""

import json
from pathlib import Path

import pytest

from seedbed.embedding.config import EmbeddingConfig
from seedbed.embedding.model_files import read_fingerprint
from seedbed.errors import UserError

MODULES = [{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text('{"hidden_size": 384, "max_position_embeddings": 128}')
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def fingerprint(folder):
    config = EmbeddingConfig(model=str(folder))
    return read_fingerprint(config, folder, backend="sentence_transformers", precision="fp32")


def test_a_model_is_described_by_its_files(folder):
    found = fingerprint(folder)
    assert (found.dimension, found.max_tokens, found.pooling) == (384, 128, "mean")
    (folder / "modules.json").write_text(json.dumps(MODULES))
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "config.json").write_text('{"out_features": 96}')
    assert fingerprint(folder).dimension == 96


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("config.json", "{}", "has no whole number hidden_size"),
        ("config.json", '{"hidden_size": "many"}', "has no whole number hidden_size"),
        ("config.json", '{"hidden_size": ', "is no JSON"),
        ("config.json", "\xff", "is no JSON"),
        ("config.json", "[]", "is JSON but no object"),
        ("modules.json", "[", "is no JSON"),
        ("modules.json", '[{"type": "Dense"}]', "is no list of modules"),
        ("modules.json", "7", "is no list of modules"),
        ("sentence_bert_config.json", "null", "is JSON but no object"),
        ("1_Pooling/config.json", "{,}", "is no JSON"),
    ],
)
def test_a_file_that_does_not_say_what_it_should_is_named_in_one_line(folder, name, content, told):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=told) as caught:
        fingerprint(folder)
    assert str(folder / name) in str(caught.value)
    assert "\n" not in str(caught.value)
